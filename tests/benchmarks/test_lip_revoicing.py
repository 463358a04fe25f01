import numpy as np
import parselmouth
import pytest
from scipy.signal import lfilter

from benchmarks.lip_revoicing import Samples, shift_pitch, telephone, whispered, with_babble
from models.ticks import SAMPLE_RATE


def voice(pitch_hz: float = 120.0, seconds: float = 2.0) -> Samples:
    """Syllables: a pulse train through three resonances, four times a second."""
    count = int(seconds * SAMPLE_RATE)
    pulses = (np.diff(np.floor(np.arange(count + 1) * pitch_hz / SAMPLE_RATE)) > 0).astype(np.float64)
    for hertz, width in ((600, 80), (1200, 100), (2500, 150)):
        radius = np.exp(-np.pi * width / SAMPLE_RATE)
        pulses = lfilter([1.0], [1, -2 * radius * np.cos(2 * np.pi * hertz / SAMPLE_RATE), radius**2], pulses)
    sound = pulses * np.maximum(np.sin(2 * np.pi * 2 * np.arange(count) / SAMPLE_RATE), 0.02)
    return np.asarray(0.3 * sound / np.abs(sound).max(), np.float32)


def loudness(sound: Samples) -> Samples:
    return np.asarray(np.sqrt(np.convolve(np.square(sound), np.hanning(800), "same")))


def delay_ms(sound: Samples, original: Samples) -> float:
    a, b = (loudness(x) - loudness(x).mean() for x in (original, sound))
    lags = range(-320, 321, 8)
    return max(lags, key=lambda lag: float(a[400:-400] @ b[400 + lag : len(b) - 400 + lag])) / 16


def median_pitch(sound: Samples) -> float:
    hertz = parselmouth.Sound(sound.astype(np.float64), SAMPLE_RATE).to_pitch().selected_array["frequency"]
    return float(np.median(hertz[hertz > 0]))


@pytest.mark.parametrize("semitones", [-4, 4])
def test_pitch_moves_and_nothing_else_does(semitones: int) -> None:
    sound = shift_pitch(voice(), semitones)
    assert sound.shape == voice().shape
    assert median_pitch(sound) == pytest.approx(120 * 2 ** (semitones / 12), rel=0.03)
    assert abs(delay_ms(sound, voice())) < 6


def test_every_run_shifts_alike() -> None:
    hiss = 0.05 * np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32)
    sound = np.concatenate([voice(), hiss, voice()])
    np.testing.assert_array_equal(shift_pitch(sound, 4), shift_pitch(sound, 4))


def test_a_whisper_has_the_throat_but_no_pitch() -> None:
    sound = whispered(voice())
    assert sound.shape == voice().shape
    assert abs(delay_ms(sound, voice())) < 6
    np.testing.assert_array_equal(sound, whispered(voice()))
    power = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    assert power[(hertz > 500) & (hertz < 700)].sum() > 3 * power[(hertz > 1600) & (hertz < 1800)].sum()
    line, between = (power[np.abs(hertz - at) < 2].mean() for at in (600.0, 660.0))  # a harmonic of 120 Hz, and none
    assert line < 4 * between


def test_babble_lies_ten_decibels_below() -> None:
    others = [voice(pitch, 3.0) for pitch in (90.0, 160.0, 210.0)]
    babble = with_babble(voice(), others) - voice()
    assert 10 * np.log10((voice() ** 2).mean() / (babble**2).mean()) == pytest.approx(10, abs=0.1)


def test_a_telephone_keeps_its_band_and_its_time() -> None:
    noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32) * 0.1
    power = np.abs(np.fft.rfft(telephone(noise))) ** 2
    original = np.abs(np.fft.rfft(noise)) ** 2
    assert power[:150].sum() / original[:150].sum() < 0.01
    assert power[500:3000].sum() / original[500:3000].sum() == pytest.approx(1, abs=0.1)
    assert power[4500:].sum() / original[4500:].sum() < 0.01
    assert abs(delay_ms(telephone(voice()), voice())) <= 2


def test_silence_stays_silence() -> None:
    silence = np.zeros(8000, np.float32)
    np.testing.assert_array_equal(shift_pitch(silence, 4), silence)
    assert np.abs(whispered(silence)).max() == 0

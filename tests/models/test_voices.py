"""Other voices saying the same, with nothing moved in time."""

import numpy as np
import pytest
from scipy.signal import butter, lfilter, sosfilt

from models.corpus.revoicing import Throat, TooShortError, breathy, change_throat, draw_throat, revoice, whisper
from models.corpus.sound import Samples, rms
from models.ticks import SAMPLE_RATE

SYLLABLES_S = (0.31, 0.74, 1.17, 1.61, 2.2)
"""Where the test voice's syllables begin."""


def voice(pitch_hz: float = 118.0) -> Samples:
    """Syllables of a buzz through three formants, with silence around them."""
    time = np.arange(int(2.6 * SAMPLE_RATE)) / SAMPLE_RATE
    glide = pitch_hz * (1 + 0.1 * np.sin(2 * np.pi * 1.3 * time))
    buzz = (np.diff(np.floor(np.cumsum(glide) / SAMPLE_RATE), prepend=0.0) > 0).astype(np.float64)
    for formant, width in ((600, 80), (1300, 100), (2500, 140)):
        radius = np.exp(-np.pi * width / SAMPLE_RATE)
        buzz = lfilter([1.0], [1, -2 * radius * np.cos(2 * np.pi * formant / SAMPLE_RATE), radius**2], buzz)
    loud = sum(
        np.clip((time - start) / 0.02, 0, 1) * np.clip((start + 0.22 - time) / 0.06, 0, 1) for start in SYLLABLES_S
    )
    return np.asarray(0.1 * buzz * loud / np.std(buzz), np.float32)


def onsets(pcm: Samples) -> list[float]:
    """Where the sound rises through a tenth of its peak after a gap, seconds."""
    level = np.sqrt(np.convolve(pcm.astype(np.float64) ** 2, np.hanning(320), "same"))
    loud = np.flatnonzero(level > 0.15 * level.max())
    return [float(loud[0] / SAMPLE_RATE), *(loud[1:][np.diff(loud) > 0.1 * SAMPLE_RATE] / SAMPLE_RATE).tolist()]


def test_a_new_throat_keeps_every_landmark_in_time() -> None:
    pcm = voice()
    before = onsets(pcm)
    assert len(before) == len(SYLLABLES_S)
    for throat in (Throat(1.25, 260, 1.3, 1.2), Throat(0.82, 80, 0.6, 0.85), Throat(1.0, 0, 1.0, 1.0)):
        out = change_throat(pcm, throat)
        assert len(out) == round(len(pcm) * throat.duration)
        np.testing.assert_allclose(onsets(out), np.array(before) * throat.duration, atol=0.012)


def test_a_new_throat_has_the_wanted_pitch_and_formants() -> None:
    def strongest(pcm: Samples, low: float, high: float) -> float:
        power = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm)))) ** 2
        bins = np.arange(len(power)) * SAMPLE_RATE / len(pcm)
        inside = (bins > low) & (bins < high)
        return float(np.sum(bins[inside] * power[inside]) / np.sum(power[inside]))

    pcm = voice()
    out = change_throat(pcm, Throat(formants=1.2))
    assert strongest(out, 300, 1000) / strongest(pcm, 300, 1000) == pytest.approx(1.2, rel=0.06)
    high = change_throat(pcm, Throat(pitch_hz=230))
    spectrum = np.abs(np.fft.rfft(high[int(0.35 * SAMPLE_RATE) : int(0.5 * SAMPLE_RATE)], 1 << 15))
    comb = [sum(spectrum[round(k * f * (1 << 15) / SAMPLE_RATE)] for k in range(1, 5)) for f in range(100, 400)]
    assert 100 + int(np.argmax(comb)) == pytest.approx(230, rel=0.15)


def test_revoicing_repeats_with_its_seed_and_stays_in_range() -> None:
    pcm = voice()
    once, ratio = revoice(pcm, np.random.default_rng(5))
    again, _ = revoice(pcm, np.random.default_rng(5))
    np.testing.assert_array_equal(once, again)
    other, _ = revoice(pcm, np.random.default_rng(6))
    assert len(other) != len(once)
    assert ratio == len(once) / len(pcm)
    assert rms(once) == pytest.approx(rms(pcm), rel=0.01)


def test_small_throats_are_high_pitched() -> None:
    rng = np.random.default_rng(0)
    throats = np.array([draw_throat(rng, 115.0) for _ in range(2000)])
    assert throats[:, 0].min() >= 0.8
    assert throats[:, 0].max() <= 1.3
    assert throats[:, 1].min() >= 70
    assert throats[:, 1].max() <= 330
    assert 0.5 < np.corrcoef(np.log(throats[:, 0]), np.log(throats[:, 1]))[0, 1] < 0.95
    assert throats[:, 3].min() >= 0.85
    assert throats[:, 3].max() <= 1.2


def test_silence_and_noise_can_be_revoiced_and_scraps_cannot() -> None:
    rng = np.random.default_rng(0)
    for sound in (np.zeros(SAMPLE_RATE, np.float32), rng.standard_normal(SAMPLE_RATE).astype(np.float32) * 0.1):
        out, _ = revoice(sound, rng)
        assert np.isfinite(out).all()
        assert np.isfinite(whisper(sound, rng)).all()
    with pytest.raises(TooShortError):
        revoice(np.zeros(100, np.float32), rng)


def test_a_whisper_keeps_level_envelope_and_time_and_loses_the_voice() -> None:
    def periodicity(sound: Samples) -> float:
        part = sound[int(0.36 * SAMPLE_RATE) : int(0.48 * SAMPLE_RATE)]
        part = sosfilt(butter(4, 1000, "lowpass", fs=SAMPLE_RATE, output="sos"), part)
        lags = np.correlate(part, part, "full")[len(part) - 1 :]
        return float(lags[SAMPLE_RATE // 160 : SAMPLE_RATE // 90].max() / lags[0])

    pcm = voice()
    hushed = whisper(pcm, np.random.default_rng(0))
    assert len(hushed) == len(pcm)
    assert rms(hushed) == pytest.approx(rms(pcm), rel=0.01)
    np.testing.assert_allclose(onsets(hushed), onsets(pcm), atol=0.02)
    assert periodicity(pcm) > 0.6
    assert periodicity(hushed) < 0.45
    airy = breathy(pcm, np.random.default_rng(0))
    np.testing.assert_allclose(onsets(airy), onsets(pcm), atol=0.012)

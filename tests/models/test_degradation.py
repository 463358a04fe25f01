"""Rooms, microphones, codecs and noise: sound that changes without moving, and sound that is nobody speaking."""

from collections.abc import Callable

import numpy as np
import pytest

from models.corpus.augmentation import degrade
from models.corpus.coding import amr, mp3, opus, telephone, with_losses
from models.corpus.microphones import automatic_gain, band, drifting, equalised, gated
from models.corpus.non_speech import breath, coughs, laughter, non_speech, room_tone, smacks, stitched
from models.corpus.rooms import in_a_room, room_response
from models.corpus.sound import Samples, at_level, rms
from models.ticks import SAMPLE_RATE

Change = Callable[[Samples, np.random.Generator], Samples]
CHANGES: dict[str, Change] = {
    "opus at 6 kbit/s": lambda pcm, _: opus(pcm, 6_000),
    "opus at 24 kbit/s": lambda pcm, _: opus(pcm, 24_000),
    "mp3": lambda pcm, _: mp3(pcm, 24_000),
    "amr": lambda pcm, _: amr(pcm, 7400),
    "telephone": lambda pcm, _: telephone(pcm),
    "room": in_a_room,
    "microphone": equalised,
    "automatic gain": automatic_gain,
    "gate": gated,
    "drift": drifting,
    "lost packets": with_losses,
}


def bursts(seconds: float = 2.0) -> Samples:
    """Noise between 400 and 3000 Hz in syllables: what every change lets through, with edges to measure by."""
    rng = np.random.default_rng(1)
    count = int(seconds * SAMPLE_RATE)
    sound = band(rng.standard_normal(count), 400, 3000)
    time = np.arange(count) / SAMPLE_RATE
    return at_level(sound * np.maximum(0, np.sin(2 * np.pi * 2.3 * time)) ** 2, -26)


def delay_ms(before: Samples, after: Samples) -> float:
    """By how much sound came late, from the peak of the cross-correlation."""
    size = 1 << 17
    product = np.fft.irfft(np.fft.rfft(after, size) * np.conj(np.fft.rfft(before, size)))
    peak = int(np.argmax(product))
    return 1000 * (peak if peak < size // 2 else peak - size) / SAMPLE_RATE


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_is_delayed_or_cut(name: str) -> None:
    pcm = bursts()
    for seed in range(3):
        out = CHANGES[name](pcm, np.random.default_rng(seed))
        assert len(out) == len(pcm)
        assert np.isfinite(out).all()
        assert abs(delay_ms(pcm, out)) < 2


def test_degraded_sound_keeps_length_range_level_and_mostly_its_time() -> None:
    pcm = bursts()
    levels, late = [], []
    for seed in range(60):
        out = degrade(pcm, pcm[::-1].copy(), np.random.default_rng(seed))
        assert out.dtype == np.float32
        assert out.shape == pcm.shape
        assert np.abs(out).max() <= 1
        levels.append(20 * np.log10(rms(out)))
        late.append(abs(delay_ms(pcm, out)))
    assert -46 < min(levels) < -40
    assert max(levels) < 0
    assert np.mean(np.array(late) < 2) > 0.9  # whispers and deep noise have no peak to find
    np.testing.assert_array_equal(
        degrade(pcm, None, np.random.default_rng(3)), degrade(pcm, None, np.random.default_rng(3))
    )


def test_a_telephone_keeps_its_band() -> None:
    noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32) * 0.1
    power = np.abs(np.fft.rfft(telephone(noise))) ** 2
    inside = power[500:3200].mean()
    assert power[:150].mean() < inside / 1000
    assert power[4100:].mean() < inside / 1000


def test_rooms_die_away_and_never_outshout_the_talker() -> None:
    for seed in range(20):
        response = room_response(np.random.default_rng(seed))
        assert np.argmax(np.abs(response)) == 0
        assert len(response) + 1 >= 0.15 * SAMPLE_RATE
        assert len(response) <= 0.8 * SAMPLE_RATE
        assert np.sum(response[-len(response) // 5 :] ** 2) < 0.01 * np.sum(response[1:] ** 2)


def test_lost_packets_are_hidden_in_place() -> None:
    pcm = bursts()
    hidden = with_losses(pcm, np.random.default_rng(2))
    changed = np.abs(hidden - pcm) > 1e-6
    assert 0.005 < changed.mean() < 0.4
    np.testing.assert_array_equal(hidden[~changed], pcm[~changed])


def test_non_speech_fills_its_length_at_the_promised_levels() -> None:
    levels = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        sound = non_speech(SAMPLE_RATE, rng)
        assert sound.shape == (SAMPLE_RATE,)
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() <= 1
        levels.append(20 * np.log10(rms(sound)))
        assert rms(room_tone(SAMPLE_RATE, rng, [bursts(1.0)])) < 10 ** (-30 / 20)
    assert min(levels) < -65
    assert -30 < max(levels) < -11


def test_real_pauses_are_laid_end_to_end_without_a_step() -> None:
    pauses = [np.full(2400, 0.2, np.float32), np.full(4000, -0.2, np.float32)]
    joined = stitched(pauses, SAMPLE_RATE, np.random.default_rng(0))
    assert joined.shape == (SAMPLE_RATE,)
    assert np.abs(np.diff(joined)).max() < 0.006
    assert np.mean(np.abs(np.abs(joined) - 0.2) < 1e-6) > 0.9


def test_laughs_come_four_to_six_a_second() -> None:
    rng = np.random.default_rng(4)
    laugh = laughter(4 * SAMPLE_RATE, rng)
    envelope = np.sqrt(np.convolve(laugh**2, np.hanning(800), "same"))[::160]
    spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope)), 4096))
    rates = np.arange(len(spectrum)) * 100 / 4096
    assert 3.5 < rates[np.argmax(spectrum * (rates > 2.5))] < 7
    for kind in (breath, coughs, smacks):
        assert rms(kind(SAMPLE_RATE, rng)) == pytest.approx(1, rel=0.01)

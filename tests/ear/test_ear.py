import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stream_engine.ear.ear import MAX_GAP_MEDIA, Ear
from stream_engine.ear.resampler import Resampler, UnsupportedSoundError
from stream_engine.ear.tick import AudioTick
from stream_engine.frames import AudioChunk

RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000, 192000)


def noise(count: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, count).astype(np.float32)


def hear(ear: Ear, sound: NDArray[np.float32], rate: int, sizes: list[int], start: int = 0) -> list[AudioTick]:
    """Pushes `sound` in pieces of the given sizes, over and over."""
    ticks, at, turn = [], 0, 0
    while at < len(sound):
        size = sizes[turn % len(sizes)]
        media = start + round(at * 48_000 / rate)
        ticks += ear.push(AudioChunk(sound[at : at + size], rate, media))
        at, turn = at + size, turn + 1
    return ticks


@settings(max_examples=40, deadline=None)
@given(
    rate=st.sampled_from(RATES),
    sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=8),
    start=st.integers(0, 5000),
)
def test_ticks_do_not_depend_on_chunking(rate: int, sizes: list[int], start: int) -> None:
    sound = noise(rate // 4)
    whole = hear(Ear(), sound, rate, [len(sound)], start)
    pieces = hear(Ear(), sound, rate, sizes, start)
    assert [t.index for t in pieces] == [t.index for t in whole]
    assert len(whole) >= 11
    for a, b in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(a.samples, b.samples)


@pytest.mark.parametrize("rate", RATES)
def test_every_20_ms_complete_a_tick_at_once(rate: int) -> None:
    ear = Ear()
    sound = noise(rate)
    cuts = [round(k * rate / 50) for k in range(51)]
    for k in range(50):
        # a cut of a rate that has no whole 20 ms is up to half a sample early: ask only where it is whole
        ticks = ear.push(AudioChunk(sound[cuts[k] : cuts[k + 1]], rate, round(cuts[k] * 48_000 / rate), received_at=k))
        if cuts[k + 1] * 50 >= (k + 1) * rate and cuts[k] * 50 >= k * rate:
            assert [t.index for t in ticks] == [k]
            assert ticks[0].received_at == k


@pytest.mark.parametrize("rate", RATES)
def test_resampled_sound_is_the_same_sound_and_at_most_2_ms_late(rate: int) -> None:
    t = np.arange(rate) / rate
    resampler = Resampler(rate)
    heard = resampler.push((0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32))
    delay = resampler.delay_samples
    assert delay <= (16 if rate >= 16000 else 32)
    assert len(heard) == 16_000
    expected = 0.5 * np.sin(2 * np.pi * 440 * (np.arange(16_000) - delay) / 16_000)
    np.testing.assert_allclose(heard[1000:15000], expected[1000:15000], atol=2e-3)


def test_sound_above_8_khz_does_not_fold_back() -> None:
    t = np.arange(48_000) / 48_000
    heard = Resampler(48_000).push(np.sin(2 * np.pi * 11_000 * t).astype(np.float32))
    assert np.sqrt(np.mean(heard[1000:15000] ** 2)) < 1e-3


def test_int16_and_float32_are_heard_alike() -> None:
    whole = (noise(48_000) * 32768).astype(np.int16)
    a = Ear().push(AudioChunk(whole, 48_000, 0))
    b = Ear().push(AudioChunk((whole / 32768).astype(np.float32), 48_000, 0))
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x.samples, y.samples)


def test_a_gap_is_filled_with_silence() -> None:
    ear = Ear()
    sound = noise(320 * 4)
    before = ear.push(AudioChunk(sound[:640], 16_000, 0))
    after = ear.push(AudioChunk(sound[640:], 16_000, 5 * 960))
    assert [t.index for t in before + after] == list(range(7))
    assert all(not t.samples.any() for t in after[:3])
    np.testing.assert_array_equal(np.concatenate([t.samples for t in after[3:]]), sound[640:])


def test_an_overlap_is_trimmed() -> None:
    ear = Ear()
    sound = noise(320 * 4)
    ticks = ear.push(AudioChunk(sound[:900], 16_000, 0))
    ticks += ear.push(AudioChunk(sound[700:], 16_000, 2100))
    ticks += ear.push(AudioChunk(sound[300:1280], 16_000, 900))
    np.testing.assert_array_equal(np.concatenate([t.samples for t in ticks]), sound)


@pytest.mark.parametrize("target", [MAX_GAP_MEDIA + 960 * 7 + 30, 960 * 400])
def test_a_long_jump_starts_afresh_there(target: int) -> None:
    ear = Ear()
    ear.push(AudioChunk(noise(330), 16_000, 0))
    ticks = ear.push(AudioChunk(noise(640), 16_000, target))
    assert ticks[0].index == target // 960
    lead = target % 960 // 3
    assert not ticks[0].samples[:lead].any()
    np.testing.assert_array_equal(ticks[0].samples[lead:], noise(640)[: 320 - lead])


def test_a_long_jump_back_starts_afresh_there() -> None:
    ear = Ear()
    ear.push(AudioChunk(noise(320), 16_000, 960 * 400))
    assert [t.index for t in ear.push(AudioChunk(noise(640), 16_000, 0))] == [0, 1]


def test_a_change_of_rate_keeps_media_time() -> None:
    ear = Ear()
    ticks = ear.push(AudioChunk(noise(48_000), 48_000, 0))
    ticks += ear.push(AudioChunk(noise(44_100), 44_100, 48_000))
    ticks += ear.push(AudioChunk(noise(16_000), 16_000, 96_000))
    assert [t.index for t in ticks] == list(range(150))


def test_media_time_one_unit_off_is_rounding() -> None:
    ear = Ear()
    sound = noise(44_100)
    ticks = []
    for k in range(100):
        media = k * 480 + (-1, 0, 1)[k % 3] * (k > 0)
        ticks += ear.push(AudioChunk(sound[k * 441 : (k + 1) * 441], 44_100, media))
    whole = Ear().push(AudioChunk(sound, 44_100, 0))
    np.testing.assert_array_equal(
        np.concatenate([t.samples for t in ticks]), np.concatenate([t.samples for t in whole])
    )


def test_flush_completes_the_last_tick_with_what_the_resampler_delays() -> None:
    ear = Ear()
    sound = np.zeros(1000, np.float32)
    sound[-1] = 1.0
    assert [t.index for t in ear.push(AudioChunk(sound, 48_000, 0))] == [0]
    rest = ear.flush()
    assert [t.index for t in rest] == [1]
    assert np.abs(rest[0].samples).max() > 0.2
    assert ear.flush() == [] or all(not t.samples.any() for t in ear.flush())


def test_flush_of_nothing_is_nothing() -> None:
    assert Ear().flush() == []
    ear = Ear()
    ear.push(AudioChunk(noise(640), 16_000, 0))
    assert ear.flush() == []


@pytest.mark.parametrize(
    "chunk",
    [
        AudioChunk(np.zeros(100, np.int16), 0, 0),
        AudioChunk(np.zeros(100, np.int16), -48_000, 0),
        AudioChunk(np.zeros(100, np.int16), 7_999, 0),
        AudioChunk(np.zeros(100, np.int16), 10**9, 0),
        AudioChunk(np.zeros((100, 2), np.int16), 48_000, 0),
        AudioChunk(np.zeros(100, np.float64), 48_000, 0),  # type: ignore[arg-type]  # that is the point
        AudioChunk(np.zeros(100, np.int16), 48_000, -1),
    ],
)
def test_what_cannot_be_heard_is_refused_and_changes_nothing(chunk: AudioChunk) -> None:
    ear = Ear()
    ear.push(AudioChunk(noise(960), 48_000, 0))
    with pytest.raises(UnsupportedSoundError):
        ear.push(chunk)
    assert [t.index for t in ear.push(AudioChunk(noise(960), 48_000, 960))] == [1]


def test_nonsense_samples_become_silence_or_full_scale() -> None:
    wild = np.array([np.nan, np.inf, -np.inf, 3.0, -7.0, 0.25] * 60, np.float32)
    (tick,) = Ear().push(AudioChunk(wild, 16_000, 0))
    np.testing.assert_array_equal(tick.samples[:6], np.array([0, 0, 0, 1, -1, 0.25], np.float32))

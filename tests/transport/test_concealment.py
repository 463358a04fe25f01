from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_engine.clock import MEDIA_RATE
from stream_engine.transport.concealment import HOLD_SAMPLES, JOIN_SAMPLES, SILENT_SAMPLES, Concealer

PACKET = 960


def voice(pitch_hz: float, seconds: float = 1.0, strength: float = 3000.0) -> NDArray[np.int16]:
    """A vowel-like sound: 20 falling harmonics."""
    t = np.arange(round(seconds * MEDIA_RATE)) / MEDIA_RATE
    harmonics = [strength / k * np.sin(2 * np.pi * pitch_hz * k * t + k) for k in range(1, 21)]
    return np.asarray(np.sum(harmonics, axis=0), np.int16)


def with_losses(sound: NDArray[np.int16], lost: set[int], packet: int = PACKET) -> NDArray[np.int16]:
    concealer = Concealer()
    return np.concatenate(
        [
            concealer.conceal(packet) if k in lost else concealer.hear(sound[k * packet : (k + 1) * packet])
            for k in range(len(sound) // packet)
        ]
    )


def largest_step(sound: NDArray[np.int16]) -> int:
    return int(np.abs(np.diff(sound.astype(int))).max())


def rms(sound: NDArray[np.int16]) -> float:
    return float(np.sqrt(np.mean(np.square(sound.astype(float)))))


def test_sound_without_loss_is_untouched() -> None:
    sound = voice(130)
    assert np.array_equal(with_losses(sound, set()), sound[: len(sound) // PACKET * PACKET])


@pytest.mark.parametrize("pitch_hz", [70, 95, 130, 187, 260, 390])
@pytest.mark.parametrize("packet", [480, 960])
def test_a_lost_packet_of_a_vowel_is_hardly_noticed(pitch_hz: float, packet: int) -> None:
    sound = voice(pitch_hz)
    heard = with_losses(sound, {20}, packet)
    assert largest_step(heard) <= 1.1 * largest_step(sound), "no click"
    gap = slice(20 * packet, 21 * packet)
    assert rms(heard[gap] - sound[gap]) < 0.35 * rms(sound[gap])


@pytest.mark.parametrize("seed", range(10))
def test_joins_do_not_click_whatever_the_sound(seed: int) -> None:
    """A glissando with a random cut has no period at all; its joins may still not step more than it does itself."""
    rng = np.random.default_rng(seed)
    t = np.arange(MEDIA_RATE) / MEDIA_RATE
    sound = (8000 * np.sin(2 * np.pi * (rng.uniform(80, 200) * t + rng.uniform(50, 150) * t**2))).astype(np.int16)
    lost = {int(k) for k in rng.integers(3, 45, 10)}
    assert largest_step(with_losses(sound, lost)) <= 2 * largest_step(sound)


def test_it_fades_to_silence_within_70_ms() -> None:
    concealer = Concealer()
    sound = voice(130)
    concealer.hear(sound[:9600])
    made_up = np.concatenate([concealer.conceal(480) for _ in range(20)])
    strength = [rms(made_up[i : i + 480]) for i in range(0, SILENT_SAMPLES, 480)]
    assert strength[0] > 0.8 * rms(sound)
    assert all(after < before for before, after in pairwise(strength[1:]))
    assert not made_up[SILENT_SAMPLES:].any()
    assert largest_step(made_up) <= 1.1 * largest_step(sound)
    assert HOLD_SAMPLES < SILENT_SAMPLES


def test_sound_after_silence_is_faded_in() -> None:
    concealer = Concealer()
    sound = voice(130)
    concealer.hear(sound[:9600])
    concealer.conceal(9600)
    back = concealer.hear(sound[9700:10_660])
    assert abs(int(back[0])) < 50
    assert np.array_equal(back[JOIN_SAMPLES:], sound[9700 + JOIN_SAMPLES : 10_660])
    assert np.array_equal(concealer.hear(sound[:960]), sound[:960]), "and only once"


def test_chunking_of_a_loss_does_not_matter() -> None:
    sound = voice(187)
    one, many = Concealer(), Concealer()
    one.hear(sound[:4800])
    many.hear(sound[:4800])
    whole = one.conceal(2880)
    pieces = np.concatenate([many.conceal(n) for n in (1, 479, 960, 333, 1107)])
    assert np.array_equal(whole, pieces)


def test_without_any_sound_before_it_makes_silence() -> None:
    assert not Concealer().conceal(960).any()


def test_full_scale_does_not_wrap() -> None:
    square = np.where(np.arange(9600) // 200 % 2, 32767, -32768).astype(np.int16)
    concealer = Concealer()
    concealer.hear(square)
    concealer.conceal(480)
    back = concealer.hear(square)
    assert back.dtype == np.int16
    assert np.array_equal(np.sign(back[JOIN_SAMPLES:]), np.sign(square[JOIN_SAMPLES:]))


def test_what_was_given_is_not_changed() -> None:
    concealer = Concealer()
    sound = voice(130)[:960]
    before = sound.copy()
    concealer.conceal(960)
    concealer.hear(sound)
    assert np.array_equal(sound, before)

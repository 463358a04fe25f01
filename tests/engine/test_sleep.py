"""Quiet slots sleep, cost nothing, and are back with the first tick of a word as if they had never slept."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.lip_clips import Clips
from models.face.head_rig import load_head
from models.face.lip_measures import pearson
from stream_engine.clock import ManualClock
from stream_engine.ear.vad import BatchedVad
from stream_engine.engine.backend import ModelFacts
from stream_engine.engine.backend_choice import load_backend
from stream_engine.engine.batch import BatchCore, StepResult
from stream_engine.engine.sleep import CATCH_UP_S, DOZE_TICKS, PRE_ROLL_TICKS, Sleeper, Wakefulness, levels
from tests.engine.networks import must_step, tick

Sound = NDArray[np.float32]
AWAKE, DOZING, ASLEEP = Wakefulness.AWAKE, Wakefulness.DOZING, Wakefulness.ASLEEP
NO_CHUNK = math.nan


def noise(count: int, dbfs: float, seed: int = 0) -> Sound:
    """Ticks `[count, 320]` of white noise, or of nothing at -inf."""
    return (np.random.default_rng(seed).standard_normal((count, 320)) * 10 ** (dbfs / 20)).astype(np.float32)


def talk(count: int) -> Sound:
    """Loud ticks, every other one louder: a steady noise would be slept through too."""
    loud = noise(count, -20, 1)
    loud[::2] *= np.float32(0.1)
    return loud


def states(sleeper: Sleeper, sound: Sound, voice: float = 0.0) -> list[Wakefulness]:
    return [sleeper.hear(level, voice) for level in levels(sound).tolist()]


@pytest.mark.parametrize("dbfs", [-math.inf, -90, -60, -40])
def test_steady_quiet_is_slept_through(dbfs: float) -> None:
    heard = states(Sleeper(2), noise(600, dbfs))
    assert heard == [AWAKE] * 100 + [DOZING] * DOZE_TICKS + [ASLEEP] * (500 - DOZE_TICKS)


def test_speech_keeps_awake_however_soft() -> None:
    sleeper = Sleeper(2)
    assert set(states(sleeper, noise(600, -70), voice=0.3)) == {AWAKE}
    assert set(states(sleeper, noise(100, -70))) == {AWAKE}
    assert states(sleeper, noise(1, -70)) == [DOZING]


def test_what_is_louder_than_the_room_wakes_at_once() -> None:
    for room, sound in ((-math.inf, -65), (-60, -52), (-40, -32)):
        sleeper = Sleeper(2)
        assert states(sleeper, noise(300, room))[-1] is ASLEEP
        assert states(sleeper, noise(1, sound, 1)) == [AWAKE]


def test_speech_wakes_also_where_it_is_no_louder_than_the_room() -> None:
    sleeper = Sleeper(2)
    assert states(sleeper, noise(300, -40))[-1] is ASLEEP
    (level,) = levels(noise(1, -40, 3)).tolist()
    assert sleeper.hear(level, NO_CHUNK) is ASLEEP
    assert sleeper.hear(level, 0.5) is AWAKE
    assert sleeper.hear(level, NO_CHUNK) is AWAKE  # the chunk is not over


def test_a_hum_is_no_reason_and_a_soft_hiss_above_it_is() -> None:
    t = np.arange(320 * 400) / 16_000
    hum = (0.03 * np.sin(2 * np.pi * 50 * t)).astype(np.float32).reshape(-1, 320)
    sleeper = Sleeper(2)
    assert states(sleeper, hum + noise(400, -70))[-1] is ASLEEP
    assert states(sleeper, hum[:1] + noise(1, -55)) == [AWAKE]  # 22 dB under the hum


def test_after_a_noise_that_was_no_speech_it_naps_again_soon() -> None:
    sleeper = Sleeper(8)
    assert states(sleeper, noise(600, -60))[-1] is ASLEEP
    bang = np.concatenate([noise(5, -20), noise(120, -60)])
    heard = states(sleeper, bang)
    assert heard[:5] == [AWAKE] * 5
    assert heard.count(AWAKE) == 105
    assert states(sleeper, noise(1, -20), voice=0.9) == [AWAKE]
    assert states(sleeper, noise(400, -60)).count(AWAKE) == 400  # after speech it waits its full time


def test_a_room_that_gets_louder_is_got_used_to() -> None:
    sleeper = Sleeper(2)
    assert states(sleeper, noise(300, -60))[-1] is ASLEEP
    louder = states(sleeper, noise(1000, -45))
    assert louder[0] is AWAKE
    assert louder[-1] is ASLEEP


class Counting:
    """A backend that counts, and says in each frame how often its row was stepped."""

    facts = ModelFacts("counting", 320, 61, (0, 1, 2, 3), 3, 4, 1, 2.55)

    def __init__(self, slots: int = 4, clock: ManualClock | None = None, step_s: float = 0.0) -> None:
        self._clock, self._step_s = clock or ManualClock(), step_s
        self.stepped = np.zeros(slots, np.int64)
        self.heard: list[list[Sound]] = [[] for _ in range(slots)]

    def step(
        self, rows: NDArray[np.int64], audio: Sound, look_ahead: NDArray[np.int64], noise: Sound
    ) -> NDArray[np.float32]:
        self._clock.advance(self._step_s)
        self.stepped[rows] += 1
        for row, samples in zip(rows.tolist(), audio, strict=True):
            self.heard[row].append(samples.copy())
        return np.repeat(self.stepped[rows, None].astype(np.float32), 61, axis=1)

    def reset(self, rows: NDArray[np.int64]) -> None:
        self.stepped[rows] = 0


def advance(core: BatchCore, index: int, **sounds: Sound) -> StepResult:
    for row, samples in sounds.items():
        core.push(int(row[1:]), 1, tick(index, samples))
    return must_step(core)


def test_a_sleeping_slot_is_not_stepped_and_wakes_with_the_sound_it_slept_through() -> None:
    backend = Counting()
    core = BatchCore(backend, None, ManualClock(), sleep_after_s=1)
    core.open(1, epoch=1, look_ahead=3, seed=0)
    core.open(2, epoch=1, look_ahead=3, seed=0)
    quiet, loud = noise(200, -80), talk(201)
    asleep = []
    for k in range(200):
        result = advance(core, k, r1=quiet[k], r2=loud[k])
        asleep.append(bool(result.asleep[0]))
        assert not result.asleep[1]
        assert result.channels[1, 0] == k + 1
        assert result.channels[0, 0] == min(k + 1, 50 + DOZE_TICKS)  # then the last it gave
    assert asleep == [False] * 50 + [True] * 150
    assert backend.stepped[1] == 50 + DOZE_TICKS
    result = advance(core, 200, r1=loud[200], r2=loud[200])
    assert not result.asleep.any()
    assert backend.stepped.tolist() == [0, 50 + DOZE_TICKS + PRE_ROLL_TICKS + 1, 201, 0]
    np.testing.assert_array_equal(backend.heard[1][-PRE_ROLL_TICKS - 1 :], [*quiet[-PRE_ROLL_TICKS:], loud[200]])


def test_a_short_sleep_leaves_no_gap_and_many_wake_as_one_batch() -> None:
    backend = Counting()
    core = BatchCore(backend, None, ManualClock(), sleep_after_s=1)
    for row in range(3):
        core.open(row, epoch=1, look_ahead=3, seed=row)
    quiet, loud = noise(80, -80), talk(80)
    for k in range(80):
        late = quiet[k] if k > 3 else loud[k]
        waking = loud if k == 72 else quiet
        advance(core, k, r0=waking[k], r1=waking[k], r2=loud[k] if k == 72 else late)
    heard = [np.stack(sound) for sound in backend.heard[:3]]
    for row in range(2):  # asleep from 65 to 71, all of which they caught up on
        np.testing.assert_array_equal(heard[row][:72], quiet[:72])
        assert len(heard[row]) == 80
    assert len(heard[2]) == 80


def test_a_slow_machine_catches_up_on_less() -> None:
    clock = ManualClock()
    backend = Counting(clock=clock, step_s=CATCH_UP_S / 4.5)
    core = BatchCore(backend, None, clock, sleep_after_s=1)
    core.open(0, epoch=1, look_ahead=3, seed=0)
    quiet = noise(100, -80)
    for k in range(100):
        advance(core, k, r0=quiet[k])
    before = int(backend.stepped[0])
    word = talk(2)[1]
    result = advance(core, 100, r0=word)
    assert result.ended_at - result.started_at < CATCH_UP_S * 1.3
    assert backend.stepped[0] - before == 5
    np.testing.assert_array_equal(backend.heard[0][-4:], [*quiet[-3:], word])


def test_a_reset_wakes() -> None:
    backend = Counting()
    core = BatchCore(backend, None, ManualClock(), sleep_after_s=1)
    core.open(0, epoch=1, look_ahead=3, seed=0)
    for k in range(100):
        asleep = advance(core, k, r0=noise(1, -80)[0]).asleep[0]
    assert asleep
    core.open(0, epoch=1, look_ahead=3, seed=0)
    result = advance(core, 100, r0=noise(1, -80)[0])
    assert not result.asleep[0]
    assert result.fresh[0]
    assert backend.stepped[0] == 1


@pytest.mark.parametrize("room_dbfs", [-math.inf, -60])
def test_the_first_word_is_as_if_it_had_never_slept(clips: Clips, room_dbfs: float) -> None:
    """Human sentences after four seconds of a quiet room, heard by a slot that slept and by one that did not.

    The bound is small against the 12 mm of an open vowel; an edge of a closure may come a tick earlier or later.
    """
    head = load_head()
    backend = load_backend("onnxruntime", slots=2, threads=1)
    for number, clip in enumerate(clips.speech):
        speech = clip.audio * 10 ** (-24 / 20) / np.sqrt((clip.audio**2).mean())
        whole = np.concatenate([np.zeros(16_000 * 4, np.float32), speech[: 16_000 * 2]])
        ticks = whole[: len(whole) // 320 * 320].reshape(-1, 320)
        ticks = ticks + noise(len(ticks), room_dbfs, number)
        first_phone = 200 + int(min(start for start, _, phone in clip.phones if phone != "SIL") / 20)
        core = BatchCore(backend, BatchedVad(2), ManualClock())
        sleepy = BatchCore(backend, BatchedVad(2), ManualClock(), sleep_after_s=2)
        gaps, asleep = [], []
        for each in (core, sleepy):
            each.open(0, epoch=1, look_ahead=3, seed=0)
            results = [advance(each, k, r0=samples) for k, samples in enumerate(ticks)]
            gaps.append(head.lip_gap(np.stack([result.channels[0] for result in results])))
            asleep = [bool(result.asleep[0]) for result in results]
        assert all(asleep[110:190])
        assert not any(asleep[first_phone + 4 :])
        apart = np.abs(gaps[1] - gaps[0])
        np.testing.assert_array_equal(apart[: 100 + DOZE_TICKS], 0)
        first_words = [gap[first_phone : first_phone + 35] for gap in gaps]
        assert float(pearson(*first_words)) > 0.95
        assert apart[first_phone : first_phone + 35].mean() < 0.5

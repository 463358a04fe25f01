from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stream_engine.clock import ManualClock
from stream_engine.ear.vad import BatchedVad, VadError, VadResult
from stream_engine.engine import EngineStartError
from stream_engine.engine.backend import BACKENDS, Backend, ModelFacts
from stream_engine.engine.backend_choice import load_backend
from stream_engine.engine.backlog import LIVE_TICKS, QUEUE_TICKS
from stream_engine.engine.batch import BatchCore
from stream_engine.engine.sleep import DOZE_TICKS
from tests.engine.networks import SLOTS, alone, core_of, must_step, sound, tick

ATOL = 1e-4


@pytest.fixture(scope="module", params=BACKENDS)
def core(request: pytest.FixtureRequest, network: Path) -> BatchCore:
    return core_of(request.param, network)


def test_backends_agree_past_the_rings_wrap(network: Path) -> None:
    ticks = sound(40)
    frames = [alone(core_of(name, network), ticks, look_ahead=2, seed=5) for name in BACKENDS]
    np.testing.assert_allclose(frames[0], frames[1], atol=ATOL)
    assert frames[0].std() > 0.01


def test_frames_depend_on_sound_seed_and_look_ahead(core: BatchCore) -> None:
    ticks = sound(10)
    base = alone(core, ticks)
    np.testing.assert_array_equal(alone(core, ticks), base)
    for other in (alone(core, sound(10, 1)), alone(core, ticks, seed=1), alone(core, ticks, look_ahead=0)):
        assert np.abs(other - base).max() > 10 * ATOL


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_voice_among_others_is_as_alone(core: BatchCore, data: st.DataObject) -> None:
    """Slots open, step, idle, reset and close at random; each life gives what it gives alone."""
    lives: dict[int, tuple[int, list[NDArray[np.float32]]]] = {}  # row: epoch, frames
    done: list[tuple[int, list[NDArray[np.float32]]]] = []
    heard = {row: sound(16, row) for row in range(SLOTS)}
    for epoch in range(1, 25):
        action = data.draw(st.sampled_from(["step", "step", "step", "open", "close"]))
        row = data.draw(st.integers(0, SLOTS - 1))
        if action == "open":
            if row in lives:
                done.append((row, lives[row][1]))
            lives[row] = (epoch, [])
            core.open(row, epoch=epoch, look_ahead=row % 6, seed=100 + row)
        elif action == "close" and row in lives:
            core.close(row)
            done.append((row, lives.pop(row)[1]))
        elif action == "step" and lives:
            chosen = data.draw(st.sets(st.sampled_from(sorted(lives)), min_size=1))
            for r in chosen:
                at = len(lives[r][1])
                if at < 16:
                    core.push(r, lives[r][0], tick(at, heard[r][at]))
            while core.waiting:
                result = must_step(core)
                for r, frame in zip(result.rows.tolist(), result.channels, strict=True):
                    lives[r][1].append(frame)
    for row in list(lives):
        core.close(row)
        done.append((row, lives.pop(row)[1]))
    for row, frames in done:
        if frames:
            expected = alone(core, heard[row][: len(frames)], row=(row + 3) % SLOTS, look_ahead=row % 6, seed=100 + row)
            np.testing.assert_allclose(np.stack(frames), expected, atol=ATOL)


@pytest.mark.parametrize("rows", [[0, 1, 2, 3], [2, 3, 4, 5, 6], [0, 2, 3, 4, 5, 7], [0, 7], [1, 5, 6]])
def test_slices_and_gathers_give_the_same(network: Path, rows: list[int]) -> None:
    core = core_of("onnxruntime", network)
    for row in rows:
        core.open(row, epoch=1, look_ahead=3, seed=row)
    frames = []
    for k in range(15):
        for row in rows:
            core.push(row, 1, tick(k, sound(15, row)[k]))
        frames.append(must_step(core).channels)
    for i, row in enumerate(rows):
        expected = alone(core_of("onnxruntime", network), sound(15, row), seed=row)
        np.testing.assert_allclose(np.stack(frames)[:, i], expected, atol=ATOL)


def test_threads_change_nothing(network: Path) -> None:
    cores = [core_of("onnxruntime", network, slots=24, threads=threads) for threads in (1, 3)]
    for core in cores:
        for row in range(24):
            core.open(row, epoch=1, look_ahead=3, seed=row)
    for k in range(6):
        results = []
        for core in cores:
            for row in range(24):
                core.push(row, 1, tick(k, sound(6, row)[k]))
            results.append(must_step(core).channels)
        np.testing.assert_allclose(results[0], results[1], atol=ATOL)


@pytest.mark.parametrize("threads", [1, 3])
def test_whoever_pauses_goes_on_where_they_were(network: Path, threads: int) -> None:
    slots, rng = 16, np.random.default_rng(threads)
    core = core_of("onnxruntime", network, slots=slots, threads=threads)
    for row in range(slots):
        core.open(row, epoch=1, look_ahead=3, seed=row)
    frames: list[list[NDArray[np.float32]]] = [[] for _ in range(slots)]
    for k in range(20):
        # all, most or few: what steps a whole part, a slice of it or a gathering of rows
        speak = np.flatnonzero(rng.random(slots) < (1.0, 0.85, 0.3)[k % 3])
        for row in speak.tolist():
            core.push(row, 1, tick(len(frames[row]), sound(20, row)[len(frames[row])]))
        for row, frame in zip(speak.tolist(), must_step(core).channels, strict=True):
            frames[row].append(frame)
    lone = core_of("onnxruntime", network)
    for row, shown in enumerate(frames):
        expected = alone(lone, sound(20, row)[: len(shown)], seed=row)
        np.testing.assert_allclose(np.stack(shown), expected, atol=ATOL)


def test_waiting_ticks_of_a_slot_are_stepped_in_order(core: BatchCore) -> None:
    core.open(0, epoch=1, look_ahead=3, seed=0)
    core.open(1, epoch=1, look_ahead=3, seed=1)
    for k in range(4):
        core.push(0, 1, tick(k, sound(4)[k]))
    core.push(1, 1, tick(9, sound(1)[0]))
    steps = []
    while core.waiting:
        result = must_step(core)
        steps.append(list(zip(result.rows.tolist(), [t.index for t in result.ticks], strict=True)))
    assert steps == [[(0, 0), (1, 9)], [(0, 1)], [(0, 2)], [(0, 3)]]
    assert core.step() is None
    core.close(0)
    core.close(1)


def test_a_slot_half_a_second_behind_skips_to_live_and_says_so(core: BatchCore) -> None:
    core.open(0, epoch=3, look_ahead=3, seed=0)
    for k in range(QUEUE_TICKS + 1):
        core.push(0, 3, tick(k, sound(1)[0]))
    stepped = [must_step(core).ticks[0].index for _ in range(LIVE_TICKS)]
    assert stepped == [QUEUE_TICKS - 1, QUEUE_TICKS]
    assert core.step() is None
    (failure,) = core.take_failures()
    assert (failure.row, failure.epoch, failure.code) == (0, 3, "overloaded")
    assert core.take_failures() == []
    core.close(0)


def test_ticks_of_a_life_before_are_dropped(core: BatchCore) -> None:
    core.open(2, epoch=1, look_ahead=3, seed=0)
    core.push(2, 1, tick(0, sound(1)[0]))
    core.open(2, epoch=2, look_ahead=3, seed=0)
    core.push(2, 1, tick(1, sound(1)[0]))
    assert not core.waiting
    core.close(2)
    core.push(2, 2, tick(2, sound(1)[0]))
    assert not core.waiting


def test_only_the_first_tick_of_a_life_is_fresh(core: BatchCore) -> None:
    core.open(0, epoch=1, look_ahead=3, seed=0)
    fresh = []
    for k in range(3):
        core.push(0, 1, tick(k, sound(3)[k]))
        fresh.append(bool(must_step(core).fresh[0]))
    assert fresh == [True, False, False]
    core.close(0)


class _Broken:
    """A backend whose row 1 gives no numbers at one of its steps."""

    facts = ModelFacts("broken", 320, 61, (0, 1, 2, 3), 3, 4, 1, 2.55)

    def __init__(self, at_step: int) -> None:
        self.at_step = at_step
        self.steps = 0
        self.was_reset: list[int] = []

    def step(
        self,
        rows: NDArray[np.int64],
        audio: NDArray[np.float32],
        look_ahead: NDArray[np.int64],
        noise: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        self.steps += 1
        frames = np.zeros((len(rows), 61), np.float32)
        if self.steps == self.at_step:
            frames[rows == 1, 7] = np.nan
        return frames

    def reset(self, rows: NDArray[np.int64]) -> None:
        self.was_reset += rows.tolist()


def test_frames_that_are_no_numbers_never_leave() -> None:
    backend: Backend = (broken := _Broken(at_step=3))
    core = BatchCore(backend, None, ManualClock())
    for row in range(3):
        core.open(row, epoch=row + 1, look_ahead=0, seed=0)
    broken.was_reset.clear()
    rows = []
    for k in range(4):
        for row in range(3):
            core.push(row, row + 1, tick(k, sound(1)[0]))
        result = must_step(core)
        rows.append(result.rows.tolist())
        assert np.isfinite(result.channels).all()
    assert rows == [[0, 1, 2], [0, 1, 2], [0, 2], [0, 1, 2]]
    assert broken.was_reset == [1]
    assert result.fresh.tolist() == [False, True, False]
    assert [(f.row, f.epoch, f.code) for f in core.take_failures()] == [(1, 2, "slot_reset")]


def test_a_face_does_not_sleep_on_what_was_no_number() -> None:
    backend: Backend = _Broken(at_step=1 + DOZE_TICKS)
    core = BatchCore(backend, None, ManualClock(), sleep_after_s=0.02)
    for row in range(2):
        core.open(row, epoch=row + 1, look_ahead=0, seed=0)
    for k in range(DOZE_TICKS + 5):
        for row in range(2):
            core.push(row, row + 1, tick(k, np.zeros(320, np.float32)))
        result = must_step(core)
        assert result.rows.tolist() == ([0] if k == DOZE_TICKS else [0, 1])
    assert result.asleep.all()
    assert [(f.row, f.code) for f in core.take_failures()] == [(1, "slot_reset")]


class _FailingVad(BatchedVad):
    failing = True

    def push(self, rows: NDArray[np.int64], audio: NDArray[np.float32]) -> VadResult:
        if self.failing:
            raise VadError("out of order")
        return super().push(rows, audio)


def test_a_vad_failure_is_told_once_and_motion_goes_on() -> None:
    vad = _FailingVad(3)
    core = BatchCore(_Broken(at_step=3), vad, ManualClock())
    core.open(0, epoch=1, look_ahead=0, seed=0)
    for k in range(2):
        core.push(0, 1, tick(k, sound(1)[0]))
        assert must_step(core).channels.shape == (1, 61)
    assert [f.code for f in core.take_failures()] == ["vad_failed"]
    vad.failing = False
    told = []
    for k in range(2, 8):
        core.push(0, 1, tick(k, sound(1)[0]))
        result = must_step(core)
        if not np.isnan(result.vad_probability[0]):
            told.append(float(result.vad_probability[0]))
    assert told
    assert core.take_failures() == []
    vad.failing = True
    core.push(0, 1, tick(8, sound(1)[0]))
    must_step(core)
    assert [f.code for f in core.take_failures()] == ["vad_failed"]


def test_without_any_vad_every_slot_is_told_why() -> None:
    core = BatchCore(_Broken(at_step=3), VadError("silero is not there"), ManualClock())
    core.open(4, epoch=9, look_ahead=0, seed=0)
    (failure,) = core.take_failures()
    assert (failure.row, failure.epoch, failure.code, failure.detail) == (4, 9, "vad_failed", "silero is not there")


def test_vad_keeps_media_time_over_dropped_ticks() -> None:
    core = BatchCore(_Broken(at_step=3), BatchedVad(3), ManualClock())
    core.open(0, epoch=1, look_ahead=0, seed=0)
    media = []
    for k in (5, 6, 7, 8, 20, 21):
        core.push(0, 1, tick(k, sound(1)[0]))
        result = must_step(core)
        if not np.isnan(result.vad_probability[0]):
            media.append(int(result.vad_media_time[0]))
    assert media == [5 * 960, 5 * 960 + 1536, 20 * 960]


@pytest.mark.parametrize("content", [b"", b"no weights at all", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_file_that_holds_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(content)
    with pytest.raises(
        EngineStartError, match=r"broken\.safetensors (is no safetensors file|holds no Thunder configuration)"
    ):
        load_backend("torch", str(broken), slots=1)


def test_an_unknown_backend_or_network_is_refused(network: Path) -> None:
    with pytest.raises(EngineStartError, match="unknown backend 'abacus'"):
        load_backend("abacus", str(network), slots=1)
    for name in BACKENDS:
        with pytest.raises(EngineStartError, match="no weights"):
            load_backend(name, "no-such-network", slots=1)

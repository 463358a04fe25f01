import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_engine.clock import media_to_ms
from stream_engine.ear import vad
from stream_engine.ear.turns import CHUNK_MEDIA, TurnMachine, TurnRules
from stream_engine.ear.vad import BatchedVad, VadError
from tests.ear.measured_speech import speech_bounds_ms, speech_clip


def track(detector: BatchedVad, row: int, sound: NDArray[np.float32]) -> list[tuple[float, int, int]]:
    """(probability, media time of the chunk, media time at which it is known) over a whole clip."""
    told = []
    for k in range(len(sound) // 320):
        result = detector.push(np.array([row]), sound[None, k * 320 : k * 320 + 320])
        if not np.isnan(result.probability[0]):
            told.append((float(result.probability[0]), int(result.media_time[0]), (k + 1) * 960))
    return told


def test_five_chunks_in_eight_ticks_on_the_media_grid() -> None:
    told = track(BatchedVad(1), 0, np.zeros(320 * 80, np.float32))
    assert [media for _, media, _ in told] == [k * CHUNK_MEDIA for k in range(50)]
    assert all(0 <= known - media - CHUNK_MEDIA < 960 for _, media, known in told)
    assert max(p for p, _, _ in told) < 0.1


def test_a_row_reset_in_mid_stream_counts_from_its_tick() -> None:
    detector = BatchedVad(2)
    track(detector, 1, np.zeros(320 * 3, np.float32))
    detector.reset(1, tick_index=40)
    assert track(detector, 1, np.zeros(320 * 2, np.float32))[0][1] == 40 * 960


def test_rows_do_not_disturb_each_other() -> None:
    rng = np.random.default_rng(0)
    sounds = (rng.standard_normal((5, 320 * 60)) * np.linspace(0.01, 0.3, 5)[:, None]).astype(np.float32)
    alone = [track(BatchedVad(1), 0, sound) for sound in sounds]
    together = BatchedVad(5)
    told: list[list[float]] = [[] for _ in range(5)]
    at = np.zeros(5, np.int64)
    while at.min() < 60:
        rows = np.flatnonzero((rng.random(5) < 0.6) & (at < 60))
        if not len(rows):
            continue
        audio = np.stack([sounds[r, at[r] * 320 : at[r] * 320 + 320] for r in rows])
        for row, p in zip(rows.tolist(), together.push(rows, audio).probability, strict=True):
            at[row] += 1
            if not np.isnan(p):
                told[row].append(float(p))
    for row in range(5):
        np.testing.assert_allclose(told[row], [p for p, _, _ in alone[row]], atol=1e-4)


@pytest.mark.data
@pytest.mark.parametrize("name", ["librivox_0870", "librivox_0880", "librivox_0890"])
def test_turns_of_read_speech_are_told_in_time(name: str) -> None:
    clip = speech_clip(name)
    first, last = speech_bounds_ms(name)
    room = clip[: int(first * 16) - 480]  # the recording's own silence: a step from digital zero would be an event
    lead = np.tile(np.concatenate([room, room[::-1]]), 9)[-16_000:]
    starts, ends = [], []
    for shift in range(0, 512, 64):  # every alignment with the 32 ms grid
        sound = np.concatenate([lead[shift:], clip, np.zeros(16_000, np.float32)])
        clip_at = 48 * 1000 - 3 * shift
        machine = TurnMachine()
        events = []
        for probability, media, known in track(BatchedVad(1), 0, sound):
            if event := machine.hear(probability, media):
                events.append((event, known))
        (start, start_told), (end, end_told) = events
        assert start.speaking
        assert not end.speaking
        assert media_to_ms(start_told - start.media_time) <= 84
        assert start.sound_from - clip_at <= first * 48, "the first phone must be in the pre-roll"
        starts.append(media_to_ms(start_told - clip_at) - first)
        ends.append(media_to_ms(end_told - clip_at) - last)
        assert abs(media_to_ms(end.media_time - clip_at) - last) <= 80
    assert max(starts) <= 200
    assert max(ends) <= TurnRules().hang_over_ms + 100


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vad, "find_spec", lambda name: None)
    with pytest.raises(VadError, match="pip install silero-vad"):
        BatchedVad(1)


def test_a_file_that_is_no_network_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    monkeypatch.setattr(vad, "vad_model_path", lambda: broken)
    with pytest.raises(VadError, match="cannot be loaded"):
        BatchedVad(1)


def test_the_package_itself_is_never_imported() -> None:
    assert importlib.util.find_spec("silero_vad") is not None
    code = "import sys; from stream_engine.ear.vad import BatchedVad; BatchedVad(1); "
    code += "print([m for m in ('silero_vad', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

import csv
import os
import re
import stat
from pathlib import Path

import numpy as np
import pytest

from models.face.channels import CHANNELS
from stream_engine.frames import MotionFrame
from stream_engine.stage.live_link_csv import LiveLinkCsv, timecode
from stream_engine.stage.recording import RecordingError


def frame(instant: int, value: float) -> MotionFrame:
    return MotionFrame(np.linspace(0, value, 61, dtype=np.float32), instant * 960, instant)


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_rows_are_as_live_link_face_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "take.csv"
    with LiveLinkCsv(path) as recording:
        for k in range(120):
            recording.write(frame(k, k / 120))
    header, *rows = rows_of(path)
    assert header == ["Timecode", "BlendShapeCount", *CHANNELS]
    assert len(rows) == recording.rows == 120
    for k, row in enumerate(rows):
        assert row[0] == timecode(k)
        assert row[1] == "61"
        assert all(re.fullmatch(r"-?\d+\.\d{6,}", value) for value in row[2:])
        np.testing.assert_allclose([float(v) for v in row[2:]], np.linspace(0, k / 120, 61), atol=1e-6)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (0, "00:00:00:00.000"),
        (49, "00:00:00:49.000"),
        (50, "00:00:01:00.000"),
        (50 * 3661 + 7, "01:01:01:07.000"),
        (50 * 360_000, "100:00:00:00.000"),
    ],
)
def test_timecodes(row: int, expected: str) -> None:
    assert timecode(row) == expected


def test_row_k_shows_instant_k_whatever_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "take.csv"
    with LiveLinkCsv(path) as recording:
        for k in (1, 2, 5, 5, 4, 6):
            recording.write(frame(k, float(k)))
    last = [float(row[-1]) for row in rows_of(path)[1:]]
    assert last == [1, 1, 2, 2, 2, 5, 6]


def test_a_recording_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "take.csv"
    path.write_text("an older take")

    def record() -> None:
        with LiveLinkCsv(path) as recording:
            recording.write(frame(0, 1))
            raise RuntimeError("the sound ended in noise")

    with pytest.raises(RuntimeError, match="ended in noise"):
        record()
    assert path.read_text() == "an older take"
    assert [p.name for p in tmp_path.iterdir()] == ["take.csv"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_the_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    with LiveLinkCsv(tmp_path / "take.csv"):
        pass
    assert stat.S_IMODE((tmp_path / "take.csv").stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot write"), LiveLinkCsv(tmp_path / "no" / "such" / "take.csv"):
        pass
    with pytest.raises(RecordingError, match="is a folder"), LiveLinkCsv(tmp_path):
        pass

"""The CSV of Live Link Face and of our own recorder: a timecode and up to 61 channels a row."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.corpus.importers.errors import ImportingError
from models.corpus.importers.timecode import Timecode, TimecodeRate, detect_rate, parse_timecode, seconds_of
from models.face.channels import BLENDSHAPE_COUNT, BLENDSHAPES, CHANNEL_COUNT, CHANNELS

REQUIRED: Final = tuple(n for n in BLENDSHAPES if n.startswith(("Jaw", "Mouth")))
"""Channels without which a take teaches nothing about speech."""
_TOP: Final = 1.5
"""A blendshape above this is no coefficient of 0..1; calibrated takes go a little beyond 1, and are clipped."""
_HALF_TURN: Final = 3.2


@dataclass(frozen=True, slots=True)
class Rows:
    """What a CSV holds.

    Attributes:
        began: seconds of the clock, since timecode zero, of the first row, whether it saw a face or not.
        times: `[n]` seconds since then, strictly ascending, of the rows that saw a face.
        motion: `[n, 61]` float32; 0 for channels not measured.
        measured: names of the channels the file has.
        rate: of its timecode.
        notes: what was odd about it, in words.
    """

    began: float
    times: NDArray[np.float64]
    motion: NDArray[np.float32]
    measured: tuple[str, ...]
    rate: TimecodeRate
    notes: tuple[str, ...]


def is_live_link_csv(path: Path) -> bool:
    """Whether a file begins as such a CSV does."""
    with path.open("rb") as file:
        return file.read(64).decode("utf-8", "replace").lstrip("\ufeff").lower().startswith("timecode,")


def read_live_link_csv(path: Path, rate: TimecodeRate | None = None, picture: TimecodeRate | None = None) -> Rows:
    """Reads rows whatever their columns' order and spelling (`JawOpen`, `jawOpen`, `jaw_open`).

    Args:
        path: the CSV.
        rate: of its timecode; None finds it out.
        picture: of the timecode of the picture recorded with it, which helps to; None if there is none.

    Raises:
        ImportingError: it is none, lacks channels of jaw or mouth, holds what cannot be read, or no face.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportingError(f"{path}: cannot be read as text ({error}); export the recording again") from error
    header, *rows = csv.reader(text.splitlines()) if text.strip() else [[]]
    columns = _columns(header, path)
    at = columns["timecode"]
    measured = tuple(name for name in CHANNELS if name in columns)
    notes = []
    if absent := [name for name in CHANNELS if name not in columns]:
        notes.append(f"without {', '.join(absent)}")
    codes: list[Timecode] = []
    seen: list[int] = []
    values = np.zeros((len(rows), CHANNEL_COUNT), np.float32)
    used = [columns[name] for name in measured]
    where = [CHANNELS.index(name) for name in measured]
    for number, row in enumerate(rows, start=2):
        if not any(row):
            continue
        place = f"{path}, line {number}"
        if (numbers := _numbers(row, used, place)) is not None:
            values[len(seen), where] = numbers
            seen.append(len(codes))
        codes.append(parse_timecode("".join(row[at : at + 1]), place))
    if len(seen) < len(codes):
        notes.append(f"{len(codes) - len(seen)} rows without a face")
    if len(seen) < 2:
        raise ImportingError(f"{path}: {len(seen)} rows show a face; record with your face in view")
    rate = rate or detect_rate(codes, str(path), picture)
    all_times = seconds_of(codes, rate)
    times, motion = _in_order(all_times[seen] - all_times[0], values[: len(seen)])
    if len(times) < len(seen):
        notes.append(f"{len(seen) - len(times)} rows written twice")
    return Rows(float(all_times[0]), times, _in_range(motion, path, notes), measured, rate, tuple(notes))


def _columns(header: list[str], path: Path) -> dict[str, int]:
    """Column by channel, and of the timecode."""
    spelling = {name.lower(): name for name in CHANNELS} | {"timecode": "timecode"}
    spelling |= {name[:-4].lower() + "l": name for name in BLENDSHAPES if name.endswith("Left") and name != "JawLeft"}
    spelling |= {name[:-5].lower() + "r": name for name in BLENDSHAPES if name.endswith("Right") and name != "JawRight"}
    found: dict[str, int] = {}
    for column, title in enumerate(header):
        name = spelling.get(title.strip().lower().replace("_", ""))
        if name in found:
            raise ImportingError(f"{path}: has column {name} twice; remove one")
        if name:
            found[name] = column
    if "timecode" not in found:
        raise ImportingError(f"{path}: has no column Timecode, so it is no Live Link Face recording; name another file")
    if missing := [name for name in REQUIRED if name not in found]:
        raise ImportingError(
            f"{path}: lacks {', '.join(missing)}; record in the mode Live Link (ARKit), which writes all 61 channels"
        )
    return found


def _numbers(row: list[str], columns: list[int], where: str) -> list[float] | None:
    """A row's values; None for a row without a face, whose fields are missing or empty."""
    if len(row) <= max(columns) or all(not row[column].strip() for column in columns):
        return None
    try:
        numbers = [float(row[column]) for column in columns]
    except ValueError as error:
        raise ImportingError(f"{where}: {error}; repair or delete that line") from error
    return numbers if np.isfinite(numbers).all() else None


def _in_order(
    times: NDArray[np.float64], motion: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Rows by time; rows of one time are spread over their frame if they differ (two captures, one number)."""
    order = np.argsort(times, kind="stable")
    times, motion = times[order].copy(), motion[order]
    keep = np.ones(len(times), bool)
    keep[1:] = (np.diff(times) > 1e-9) | (np.diff(motion, axis=0) != 0).any(1)
    times, motion = times[keep], motion[keep]
    starts = np.flatnonzero(np.diff(times, prepend=-np.inf) > 1e-9)
    ends = np.append(starts[1:], len(times))
    if len(starts) == len(times):
        return times, motion
    step = float(np.median(np.diff(times[starts])))
    for (start, end), until in zip(
        zip(starts, ends, strict=True), np.append(times[starts[1:]], times[-1] + step), strict=True
    ):
        room = min(until - times[start], step)
        times[start:end] += room * np.arange(end - start) / (end - start)
    return times, motion


def _in_range(motion: NDArray[np.float32], path: Path, notes: list[str]) -> NDArray[np.float32]:
    shapes, angles = motion[:, :BLENDSHAPE_COUNT], motion[:, BLENDSHAPE_COUNT:]
    if shapes.max() > _TOP:
        name = BLENDSHAPES[int(shapes.max(0).argmax())]
        raise ImportingError(f"{path}: {name} reaches {shapes.max():.4g}, expected 0 to 1; divide percentages by 100")
    if np.abs(angles).max() > _HALF_TURN:
        angle = CHANNELS[BLENDSHAPE_COUNT + int(np.abs(angles).max(0).argmax())]
        raise ImportingError(
            f"{path}: {angle} reaches {np.abs(angles).max():.4g}, expected radians; convert degrees first"
        )
    beyond = float(((shapes < 0) | (shapes > 1)).mean())
    if beyond > 0.01:
        notes.append(f"{beyond:.0%} of the coefficients lay outside 0..1 and were clipped; calibrate anew")
    return np.concatenate([np.clip(shapes, 0, 1), angles], axis=1)

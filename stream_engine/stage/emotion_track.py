"""Feelings over time, read from a file: what is felt from when on, and how strongly.

JSON, a list of objects, or CSV with a header; both with `time_s`, `emotion` and `intensity` (0.7 where absent):

    time_s,emotion,intensity
    0,joy,0.6
    2.5,surprise,1
    4,neutral,
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from stream_engine.stage.style import Emotion, Style

_FIELDS: Final = ("time_s", "emotion", "intensity")


class EmotionTrackError(ValueError):
    """A track that cannot be read; its text says where and what to do."""


@dataclass(frozen=True, slots=True)
class EmotionCue:
    """What is felt from a moment on.

    Attributes:
        time_s: seconds from the sound's beginning; the face sets out then, and is there some 0.4 s later.
        emotion: what.
        intensity: 0..1.
    """

    time_s: float
    emotion: Emotion
    intensity: float = Style().intensity

    def put_on(self, style: Style) -> Style:
        """A style that feels so."""
        return style.changed(emotion=self.emotion, intensity=self.intensity)


def read_emotion_track(path: Path) -> tuple[EmotionCue, ...]:
    """Reads a track, in order of time.

    Args:
        path: `.json` or `.csv`.

    Raises:
        EmotionTrackError: the file cannot be read, is of another kind, or a cue in it cannot be.
    """
    kind = path.suffix.lower()
    if kind not in (".json", ".csv"):
        raise EmotionTrackError(f"{path}: a track of emotions is a .json or a .csv file")
    try:
        text = path.read_text("utf-8-sig")
        rows = _json_rows(text) if kind == ".json" else _csv_rows(text)
        return tuple(sorted((_cue(row, n) for n, row in enumerate(rows, 1)), key=lambda cue: cue.time_s))
    except (OSError, ValueError, csv.Error) as error:
        detail = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise EmotionTrackError(f"{path}: {detail}") from None


def _json_rows(text: str) -> Sequence[Mapping[str, Any]]:
    rows = json.loads(text)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"expected a list of objects with {', '.join(_FIELDS)}")
    return rows


def _csv_rows(text: str) -> Iterable[Mapping[str, Any]]:
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    if not {"time_s", "emotion"} <= set(reader.fieldnames or ()):
        raise ValueError(f"the first line must name the columns: {','.join(_FIELDS)}")
    return reader


def _cue(row: Mapping[str, Any], number: int) -> EmotionCue:
    where = f"cue {number}"
    if unknown := set(row) - set(_FIELDS):
        raise ValueError(f"{where}: unknown field {', '.join(map(str, unknown))}; there are {', '.join(_FIELDS)}")
    emotions: tuple[Emotion, ...] = get_args(Emotion)
    emotion = next((name for name in emotions if name == row.get("emotion")), None)
    if emotion is None:
        raise ValueError(f"{where}: emotion {row.get('emotion')!r} is none of {', '.join(emotions)}")
    time_s = _number(row.get("time_s"), f"{where}: time_s")
    if time_s < 0:
        raise ValueError(f"{where}: time_s {time_s:g} is before the sound's beginning")
    given = row.get("intensity")
    intensity = Style().intensity if given in (None, "") else _number(given, f"{where}: intensity")
    if intensity > 1 or intensity < 0:
        raise ValueError(f"{where}: intensity {intensity:g} is not within 0 and 1")
    return EmotionCue(time_s, emotion, intensity)


def _number(value: object, what: str) -> float:
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{what} {value!r} is no number")
    return number

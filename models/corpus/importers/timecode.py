"""SMPTE timecode as phones write it: `HH:MM:SS:FF.sss`, with its rates, dropped frame numbers and midnights.

Numbers of frames are not seconds: at 29.97 frames a second timecode counts thirty, so it runs a thousandth slow;
drop-frame timecode leaves out the first two numbers (four of sixty) of every minute but each tenth to keep up with
the clock (SMPTE ST 12-1).
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.corpus.importers.errors import ImportingError

_TIMECODE: Final = re.compile(r"(\d+):(\d\d?):(\d\d?)([:;.])(\d+(?:\.\d+)?)")
_NOMINAL: Final = (24, 25, 30, 48, 50, 60)
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class TimecodeRate:
    """How a timecode counts.

    Attributes:
        nominal: frame numbers in a second of timecode.
        ntsc: whether frames last a thousandth longer than numbers say (29.97 for 30).
        drop: whether numbers are left out to keep up with the clock; only with `ntsc`.
    """

    nominal: int
    ntsc: bool = False
    drop: bool = False

    @property
    def frames_a_second(self) -> float:
        """Frames in a second of the clock."""
        return self.nominal / 1.001 if self.ntsc else float(self.nominal)

    def at(self, nominal: int) -> "TimecodeRate":
        """How another timecode of the same recording counts: on one clock, so 60 beside 29.97 is 59.94."""
        ntsc = self.ntsc and nominal % 6 == 0  # 25 and 50 are no rates of NTSC
        return TimecodeRate(nominal, ntsc=ntsc, drop=ntsc and self.drop and nominal % 30 == 0)

    def __str__(self) -> str:
        rate = f"{self.frames_a_second:.3f}".rstrip("0").rstrip(".")
        return f"{rate} drop-frame" if self.drop else rate


RATES: Final[dict[str, TimecodeRate]] = {
    **{str(n): TimecodeRate(n) for n in _NOMINAL},
    "23.976": TimecodeRate(24, ntsc=True),
    "29.97": TimecodeRate(30, ntsc=True),
    "29.97df": TimecodeRate(30, ntsc=True, drop=True),
    "59.94": TimecodeRate(60, ntsc=True),
    "59.94df": TimecodeRate(60, ntsc=True, drop=True),
}
"""Rates by the names the command line takes."""


class Timecode(NamedTuple):
    """One timecode as written.

    Attributes:
        second: whole seconds of hours, minutes and seconds.
        frame: number within the second, with its fraction.
        drop: whether it was written with the `;` of drop-frame timecode.
    """

    second: int
    frame: float
    drop: bool


def parse_timecode(text: str, where: str) -> Timecode:
    """Reads `HH:MM:SS:FF` or `HH:MM:SS:FF.sss`.

    Args:
        text: as written.
        where: file and row, for the message.

    Raises:
        ImportingError: it is no timecode.
    """
    match = _TIMECODE.fullmatch(text.strip())
    if match is None or int(match[2]) > 59 or int(match[3]) > 59:
        raise ImportingError(f"{where}: {text!r} is no timecode HH:MM:SS:FF.sss; export the recording again")
    return Timecode((int(match[1]) * 60 + int(match[2])) * 60 + int(match[3]), float(match[5]), match[4] == ";")


def picture_rate(pictures_a_second: float | None, timecode: str | None) -> TimecodeRate | None:
    """How a video's timecode counts; None if its pictures come at no rate that timecode has.

    Args:
        pictures_a_second: of the video; None if it has none.
        timecode: of its beginning, with `;` if numbers are left out; None without.
    """
    nominal = round(pictures_a_second or 0)
    if nominal not in _NOMINAL or not pictures_a_second:
        return None
    drop = ";" in (timecode or "")
    ntsc = drop or abs(pictures_a_second * 1.001 / nominal - 1) < 2e-4
    return TimecodeRate(nominal, ntsc=ntsc, drop=drop).at(nominal)


def detect_rate(codes: Sequence[Timecode], where: str, picture: TimecodeRate | None = None) -> TimecodeRate:
    """The rate a run of timecodes was written at, from the highest frame number and the numbers left out.

    Where no number is left out, 30 and 29.97 are written alike; the picture recorded with them tells which it is.

    Args:
        codes: in the order of recording.
        where: the file, for the message.
        picture: how the timecode of that picture counts; None if nobody knows.

    Raises:
        ImportingError: too short to tell; or numbers beyond any rate.
    """
    highest = int(max(code.frame for code in codes))
    nominal = next((n for n in _NOMINAL if n > highest), None)
    if nominal is None:
        raise ImportingError(f"{where}: frame number {highest} is beyond 60 frames a second; export it as 60 or less")
    # Only a second seen to its end shows how many numbers it has.
    if not any(a.second != b.second for a, b in itertools.pairwise(codes)):
        raise ImportingError(f"{where}: shorter than a second, so its rate cannot be told; give --timecode-rate")
    if any(code.drop for code in codes) or _leaves_numbers_out(codes, nominal):
        return TimecodeRate(nominal, ntsc=True, drop=True)
    if picture is None or (picture.drop and _has_numbers_left_out(codes, nominal)):
        return TimecodeRate(nominal)
    return picture.at(nominal)


def _leaves_numbers_out(codes: Sequence[Timecode], nominal: int) -> bool:
    """Whether every minute seen to begin, but each tenth, begins with frame 2 of 30, or 4 of 60."""
    if nominal not in (30, 60):
        return False
    skipped = nominal // 15
    began = [
        int(b.frame)
        for a, b in itertools.pairwise(codes)
        if b.second - a.second == 1 and b.second % 60 == 0 and b.second % 600 and int(a.frame) == nominal - 1
    ]
    return bool(began) and all(frame == skipped for frame in began)


def _has_numbers_left_out(codes: Sequence[Timecode], nominal: int) -> bool:
    """Whether any number is there that drop-frame timecode leaves out."""
    return any(code.second % 60 == 0 and code.second % 600 and code.frame < nominal // 15 for code in codes)


def seconds_of(codes: Sequence[Timecode], rate: TimecodeRate) -> NDArray[np.float64]:
    """Seconds of the clock since timecode zero, `[n]`; a midnight passed on the way adds a day."""
    second = np.array([code.second for code in codes], np.float64)
    number = second * rate.nominal + np.array([code.frame for code in codes])
    if rate.drop:
        minutes = second // 60
        number -= rate.nominal // 15 * (minutes - minutes // 10)
    times = number / rate.frames_a_second
    midnights = np.cumsum(np.diff(times, prepend=times[:1]) < -_DAY_S / 2)
    return np.asarray(times + _DAY_S * midnights, np.float64)

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


def detect_rate(codes: Sequence[Timecode], where: str) -> TimecodeRate:
    """The rate a run of timecodes was written at, from the highest frame number and the numbers left out.

    Args:
        codes: in the order of recording.
        where: the file, for the message.

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
    drop = any(code.drop for code in codes) or _leaves_numbers_out(codes, nominal)
    return TimecodeRate(nominal, ntsc=drop, drop=drop)


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

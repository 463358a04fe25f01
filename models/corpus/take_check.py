"""Whether a take is fit to learn from: does the sound belong to the mouth, does the mouth move, does it close."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from models.corpus.importers.sound_sync import Sync, estimate_sync, level_db, opening_mm
from models.corpus.takes import Take, TakeError, load_take
from models.face.channels import CHANNEL_COUNT
from models.face.lip_measures import closures

_LATE_S: Final = 0.04
"""Sound and motion farther apart than this are seen to be."""
_LEAST_R: Final = 0.2
_LEAST_RANGE_MM: Final = 3.0
_LEAST_KEPT: Final = 0.8
_LEAST_FPS: Final = 24.0
_QUIET_DBFS: Final = -45.0
_CLIPPED_SHARE: Final = 1e-3
_LEAST_SPEECH_S: Final = 5.0
"""In less speech than this, agreement of mouth and loudness means nothing."""


@dataclass(frozen=True, slots=True)
class TakeCheck:
    """Figures of one take.

    Attributes:
        name: of the take.
        seconds: how long it is.
        fps: frames a second of its motion.
        sync: agreement of opening and loudness.
        range_mm: spread of the inner-lip gap, 2nd to 98th percentile.
        closed: share of its p, b and m at which the lips close (±40 ms); None if its phones are unknown or have none.
        channels: how many of the 61 were measured.
        warnings: what its owner should look at.
    """

    name: str
    seconds: float
    fps: float
    sync: Sync
    range_mm: float
    closed: float | None
    channels: int
    warnings: tuple[str, ...]


def check_take(take: Take) -> TakeCheck:
    """Measures a take and judges it."""
    sync = estimate_sync(take.pcm, take.motion, take.fps)
    opening = opening_mm(take.motion)
    low, high = np.percentile(opening, [2, 98])
    phones = [(1000 * phone.start, 1000 * phone.end, phone.name) for phone in take.phones]
    counted = closures(opening, phones, take.fps)
    closed = counted.closed / counted.stops if counted.stops else None
    check = TakeCheck(take.name, take.seconds, take.fps, sync, float(high - low), closed, len(take.measured), ())
    return replace(check, warnings=tuple(_warnings(check, take)))


def _warnings(check: TakeCheck, take: Take) -> list[str]:
    found = []
    loudest = float(np.percentile(level_db(take.pcm, np.arange(0, check.seconds, 0.01)), 95))
    if loudest < _QUIET_DBFS:
        found.append(f"speech at {loudest:.0f} dBFS is very quiet: record nearer to the microphone")
    if float((np.abs(take.pcm) > 0.999).mean()) > _CLIPPED_SHARE:
        found.append("the sound is clipped: turn the microphone down")
    if check.range_mm < _LEAST_RANGE_MM:
        found.append(f"the lips move by {check.range_mm:.1f} mm only: is this speech, and the face in view?")
    elif check.seconds >= _LEAST_SPEECH_S and not check.sync.r_as_is >= _LEAST_R:
        found.append(f"mouth and loudness hardly agree (r {check.sync.r_as_is:.2f}): is it the sound of this take?")
    if check.sync.sure and abs(check.sync.late_s) > _LATE_S:
        way = "late" if check.sync.late_s > 0 else "early"
        found.append(f"the sound seems {1000 * abs(check.sync.late_s):.0f} ms {way}: {_how_to_lay(check.sync, take)}")
    if check.closed is not None and check.closed < _LEAST_KEPT:
        found.append(f"only {check.closed:.0%} of p, b and m close: tracking too smooth, too coarse, or out of step")
    if check.fps < _LEAST_FPS:
        found.append(f"{check.fps:.3g} frames a second miss closures: record at 30 or more")
    return found


def _how_to_lay(sync: Sync, take: Take) -> str:
    """What to give the import, which is told the whole way of the sound and not what is left of it."""
    if np.isnan(take.sound_late_s):
        return "delete this take, import again, and check anew, to learn the --sound-late-ms to give"
    return f"import again with --sound-late-ms {round(1000 * (take.sound_late_s + sync.late_s))}"


@dataclass(frozen=True, slots=True)
class FolderCheck:
    """All takes of a folder.

    Attributes:
        takes: of each file that holds one.
        unreadable: why, for each other `.npz`.
    """

    takes: list[TakeCheck]
    unreadable: list[str]

    @property
    def minutes(self) -> float:
        """Of all takes together."""
        return sum(take.seconds for take in self.takes) / 60


def check_folder(folder: Path) -> FolderCheck:
    """Checks every `.npz` of a folder.

    Raises:
        TakeError: no such folder, or none in it.
    """
    files = sorted(folder.glob("*.npz")) if folder.is_dir() else []
    if not files:
        raise TakeError(f"{folder} holds no takes; make some with `python -m models.corpus import`")
    takes, unreadable = [], []
    for file in files:
        try:
            takes.append(check_take(load_take(file)))
        except TakeError as error:
            unreadable.append(str(error))
    return FolderCheck(takes, unreadable)


def coverage(check: TakeCheck) -> str:
    """Channels measured of all there are, `61/61`."""
    return f"{check.channels}/{CHANNEL_COUNT}"

"""Takes from Live Link Face: a CSV of channels and the video or sound recorded with it.

The app writes a folder per take with `<slate>_<n>_iPhone.csv` (or `…_iPhone_cal.csv`, calibrated to the face, and
`…_iPhone_raw.csv`) and `<slate>_<n>_iPhone.mov`. Any CSV with those columns will do, beside any sound or video of the
same name; so will what `python -m stream_engine animate` writes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.corpus.importers.errors import ImportingError
from models.corpus.importers.imported import Imported, lay_together
from models.corpus.importers.live_link_csv import Rows, is_live_link_csv, read_live_link_csv
from models.corpus.importers.pieces import even_pieces
from models.corpus.importers.recorded_sound import RecordedSound, read_sound
from models.corpus.importers.timecode import TimecodeRate, parse_timecode, picture_rate, seconds_of
from models.ticks import SAMPLE_RATE

MEDIA_SUFFIXES: Final = frozenset(
    (".mov", ".mp4", ".m4v", ".mkv", ".webm", ".wav", ".flac", ".m4a", ".aac", ".mp3", ".ogg", ".opus", ".caf", ".aiff")
)
_VARIANT: Final = re.compile(r"_(cal|raw|neutral)$", re.IGNORECASE)
_PREFERENCE: Final = ("cal", "", "raw")


@dataclass(frozen=True, slots=True)
class Recording:
    """Files that belong together.

    Attributes:
        name: of the take.
        csv: its channels.
        sound: its video or sound; None: the one beside the CSV.
    """

    name: str
    csv: Path
    sound: Path | None = None

    @property
    def source(self) -> Path:
        """What tells it from others: the path of its CSV, the same whichever variant is taken."""
        return Path(f"{_base(self.csv)}.csv")


def find_recordings(path: Path, sound: Path | None = None) -> list[Recording]:
    """Recordings in a folder, however deep, or the one of a CSV; of a take's CSVs the calibrated one.

    Args:
        path: a folder or a CSV.
        sound: of a single recording, where it lies elsewhere.

    Raises:
        ImportingError: nothing there, or one sound for several recordings.
    """
    if not path.exists():
        raise ImportingError(f"{path}: there is no such file or folder; name a Live Link Face take")
    if path.is_file():
        return [Recording(_base(path).name, path, sound)]
    found = [
        Recording(
            "-".join(base.relative_to(path).parts), next(kinds[kind] for kind in _PREFERENCE if kind in kinds), sound
        )
        for base, kinds in _csvs(path.rglob("*")).items()
        if kinds.keys() & set(_PREFERENCE)
    ]
    if not found:
        raise ImportingError(
            f"{path}: holds no CSV that begins with Timecode; record in the app's mode Live Link (ARKit)"
        )
    if sound and len(found) > 1:
        raise ImportingError(f"{path}: holds {len(found)} recordings, and --sound is for one; import them singly")
    return found


def _base(csv: Path) -> Path:
    """A CSV's path without suffix and variant."""
    return csv.with_name(_VARIANT.sub("", csv.stem))


def _csvs(files: Iterable[Path]) -> dict[Path, dict[str, Path]]:
    """By base, by variant."""
    found: dict[Path, dict[str, Path]] = {}
    for file in sorted(files):
        if file.suffix.lower() == ".csv" and file.is_file() and is_live_link_csv(file):
            variant = _VARIANT.search(file.stem)
            found.setdefault(_base(file), {})[variant[1].lower() if variant else ""] = file
    return found


def sound_beside(csv: Path) -> Path:
    """The sound or video of a CSV's name, or else the only one in its folder if the CSV is the only take there.

    Raises:
        ImportingError: none, or several.
    """
    base, files = _base(csv), sorted(csv.parent.iterdir())
    media = [file for file in files if file.suffix.lower() in MEDIA_SUFFIXES]
    found = [file for file in media if file.stem.lower() == base.name.lower()]
    if not found and len(_csvs(files)) == 1:
        found = media
    if len(found) == 1:
        return found[0]
    if not found:
        raise ImportingError(f"{csv}: no sound or video of that name is beside it; put it there, or give --sound")
    raise ImportingError(f"{csv}: any of {', '.join(file.name for file in found)} could be its sound; give --sound")


def import_live_link(
    recording: Recording, *, timecode_rate: TimecodeRate | None = None, sound_late_s: float | None = None
) -> Imported:
    """Makes takes of a recording.

    Sound and motion are laid together by what is known: `sound_late_s` if given, else both timecodes, else the
    assumption that both begin together, corrected by the estimate of opening and loudness if that is sure.

    Args:
        recording: its files.
        timecode_rate: of the CSV; None finds it out.
        sound_late_s: seconds by which the sound's beginning is to be taken as late against the first row's.

    Raises:
        ImportingError: a file cannot be read, no second of the face is unbroken, or sound and motion never meet.
    """
    sound = read_sound(recording.sound or sound_beside(recording.csv))
    picture = picture_rate(sound.picture_rate, sound.timecode)
    rows = read_live_link_csv(recording.csv, timecode_rate, picture)
    found = even_pieces(rows.times, rows.motion)
    if not found.pieces:
        raise ImportingError(f"{recording.csv}: the face is never in view for a second on end; record with more light")
    begin_s, notes = _begin_by_timecode(rows, sound, picture), rows.notes
    if timecode_rate is None and rows.rate.ntsc and not rows.rate.drop:
        notes = (*notes, f"timecode read as {rows.rate}, the rate of the picture")
    if begin_s is not None and not -rows.times[-1] < begin_s < len(sound.pcm) / SAMPLE_RATE:
        notes = (*notes, f"timecodes not used: by them the motion begins at {begin_s:.1f} s of the sound, outside it")
        begin_s = None
    return lay_together(recording.name, found, sound, rows.measured, begin_s=begin_s, told_s=sound_late_s, notes=notes)


def _begin_by_timecode(rows: Rows, sound: RecordedSound, picture: TimecodeRate | None) -> float | None:
    """Where in the sound the first row lies, if both say when they began."""
    if sound.timecode is None:
        return None
    rate = rows.rate
    if picture is not None:
        # Rates a thousandth apart would lay equal numbers 36 s apart at ten o'clock.
        rate = picture if picture.drop else rows.rate.at(picture.nominal)
    code = parse_timecode(sound.timecode, str(sound.path))
    return float(rows.began - seconds_of([code], rate)[0])

"""Takes of one's own face for training.

python -m models.corpus import live-link FOLDER --out takes/
python -m models.corpus import video FILE --out takes/
python -m models.corpus check takes/
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from models.corpus.importers.errors import ImportingError
from models.corpus.importers.imported import Imported
from models.corpus.importers.landmark_file import load_landmarks
from models.corpus.importers.live_link import Recording, find_recordings, import_live_link
from models.corpus.importers.timecode import RATES
from models.corpus.importers.video import import_track, track_video
from models.corpus.take_check import FolderCheck, check_folder, coverage
from models.corpus.takes import TakeError, save_take, source_of

EXIT_SOME_FAILED: Final = 1
"""Exit code when recordings or takes were left out; the others are done."""
EXIT_UNUSABLE: Final = 2
"""Exit code for input that cannot be used at all, or output that cannot be written."""


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to import.

    Attributes:
        name: of its takes.
        source: the file that tells it from other recordings of that name.
        work: imports it; calls back with what it is at.
    """

    name: str
    source: Path
    work: Callable[[Callable[[str], None]], Imported]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: of the command line; None takes the process's own.

    Returns:
        Exit code: 0 done, 1 something was left out, 2 nothing could be done.
    """
    args = _parser().parse_args(sys.argv[1:] if arguments is None else arguments)
    console = Console(stderr=True, highlight=False)
    try:
        return int(args.run(args, console))
    except (ImportingError, TakeError) as error:
        console.print(f"[red]{escape(str(error))}", soft_wrap=True)
    except OSError as error:
        console.print(f"[red]cannot write: {escape(str(error))}", soft_wrap=True)
    return EXIT_UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.corpus", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="command")
    importing = commands.add_parser("import", help="makes takes of recordings")
    kinds = importing.add_subparsers(required=True, metavar="kind")

    live_link = kinds.add_parser("live-link", help="Live Link Face: a folder of takes, or one CSV")
    live_link.add_argument("path", type=Path, help="folder, or CSV")
    live_link.add_argument("--timecode-rate", choices=list(RATES), help="of the CSV's timecode; found out if left out")
    live_link.set_defaults(run=_live_link)

    video = kinds.add_parser("video", help="video of a face, through MediaPipe (extra `video`)")
    video.add_argument("path", type=Path, nargs="+", help="video files")
    video.add_argument(
        "--mirrored", action="store_true", help="the picture is a mirror's, as some webcam programs record"
    )
    video.set_defaults(run=_video)

    landmarks = kinds.add_parser("landmarks", help="landmark file of a video, by a face tracker run elsewhere")
    landmarks.add_argument("path", type=Path, help="landmark file; see models/corpus/importers/detect_landmarks.py")
    landmarks.set_defaults(run=_landmarks)

    for kind in (live_link, video, landmarks):
        kind.add_argument("--out", type=Path, required=True, help="folder for the takes")
        kind.add_argument("--sound", type=Path, help="sound or video of the recording, if it lies elsewhere")
        kind.add_argument("--sound-late-ms", type=float, help="by how much the sound lags the motion, in all")

    check = commands.add_parser("check", help="says whether takes are fit to train on")
    check.add_argument("folder", type=Path)
    check.set_defaults(run=_check)
    return parser


def _live_link(args: argparse.Namespace, console: Console) -> int:
    recordings = find_recordings(args.path, args.sound)
    rate = RATES[args.timecode_rate] if args.timecode_rate else None

    def job(recording: Recording) -> Job:
        def work(_: Callable[[str], None]) -> Imported:
            return import_live_link(recording, timecode_rate=rate, sound_late_s=_late_s(args))

        return Job(recording.name, recording.source, work)

    return _import_all([job(recording) for recording in recordings], args.out, console)


def _video(args: argparse.Namespace, console: Console) -> int:
    if args.sound and len(args.path) > 1:
        raise ImportingError("--sound is for one video; import them singly")

    def job(path: Path) -> Job:
        def work(told: Callable[[str], None]) -> Imported:
            track = track_video(
                path, mirrored=args.mirrored, progress=lambda s: told(f"{s:.0f} s of pictures looked at")
            )
            told("fitting")
            return import_track(path.stem, track, args.sound or path, sound_late_s=_late_s(args))

        return Job(path.stem, path, work)

    return _import_all([job(path) for path in args.path], args.out, console)


def _landmarks(args: argparse.Namespace, console: Console) -> int:
    name = args.path.name.removesuffix(".npz").removesuffix(".landmarks")
    if args.sound is None:
        raise ImportingError(f"{args.path}: name the video it was made from with --sound")

    def work(told: Callable[[str], None]) -> Imported:
        told("fitting")
        return import_track(name, load_landmarks(args.path), args.sound, sound_late_s=_late_s(args))

    return _import_all([Job(name, args.path, work)], args.out, console)


def _late_s(args: argparse.Namespace) -> float | None:
    return None if args.sound_late_ms is None else args.sound_late_ms / 1000


def _import_all(jobs: list[Job], out: Path, console: Console) -> int:
    """Imports one recording after the other; one that fails is said and left out."""
    names = [job.name for job in jobs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ImportingError(f"several recordings are called {', '.join(twice)}; rename all but one")
    out.mkdir(parents=True, exist_ok=True)
    failed, kept = 0, 0.0
    for job in jobs:
        try:
            _refuse_others([out / f"{job.name}.npz"], job)  # before minutes of work
            with console.status(escape(job.name)) as status:
                imported = job.work(partial(_show, status, job.name))
            replaced = _write(imported, job, out)
        except (ImportingError, TakeError) as error:
            console.print(f"[red]{escape(str(error))}", soft_wrap=True)
            failed += 1
            continue
        kept += imported.kept
        console.print(f"[bold]{escape(job.name)}[/]: {escape(_told(imported, replaced))}", soft_wrap=True)
    console.print(
        f"{kept / 60:.1f} minutes in {out}; look at them with `python -m models.corpus check {out}`", soft_wrap=True
    )
    return EXIT_UNUSABLE if failed == len(jobs) else EXIT_SOME_FAILED if failed else 0


def _show(status: Status, name: str, doing: str) -> None:
    status.update(f"{escape(name)}: {doing}")


def _write(imported: Imported, job: Job, out: Path) -> int:
    """Saves the takes in place of those an earlier import of the same recording left, and says how many those were.

    Raises:
        ImportingError: a file of that name belongs to another recording; nothing is changed then.
    """
    files = [out / f"{take.name}.npz" for take in imported.takes]
    _refuse_others(files, job)
    source = str(job.source.resolve())
    earlier = [file for file in out.glob("*.npz") if source_of(file) == source]
    for file in earlier:
        file.unlink()
    for file, take in zip(files, imported.takes, strict=True):
        save_take(file, replace(take, source=source))
    return len(earlier)


def _refuse_others(files: list[Path], job: Job) -> None:
    """Raises `ImportingError` if one of the files is there and not of the job's recording."""
    for file in files:
        if file.exists() and (other := source_of(file)) != str(job.source.resolve()):
            raise ImportingError(
                f"{job.source}: {file} was made of {other or 'a recording it does not name'}; "
                "give another --out, rename this recording, or delete that file"
            )


def _takes(count: int) -> str:
    return "1 take" if count == 1 else f"{count} takes"


def _told(imported: Imported, replaced: int) -> str:
    takes = _takes(len(imported.takes)) + (f" in place of {replaced} made before" if replaced else "")
    parts = [f"{takes}, {imported.kept:.1f} of {imported.seconds:.1f} s at {imported.takes[0].fps:.4g} frames a second"]
    parts.append(f"sound moved {1000 * imported.moved_s:+.0f} ms by {imported.moved_by}" if imported.moved_s else "")
    parts.append(f"opening and loudness: r {imported.laid_r:.2f}")
    if (better := imported.better_moved_s) is not None:
        parts.append(f"r {imported.sync.r:.2f} if imported again with --sound-late-ms {round(1000 * better)}")
    return "; ".join(part for part in (*parts, *imported.notes) if part)


def _check(args: argparse.Namespace, console: Console) -> int:
    found = check_folder(args.folder)
    Console(highlight=False).print(_table(found))
    for take in found.takes:
        for warning in take.warnings:
            console.print(f"[yellow]{escape(take.name)}: {escape(warning)}", soft_wrap=True)
    for reason in found.unreadable:
        console.print(f"[red]{escape(reason)}", soft_wrap=True)
    return EXIT_SOME_FAILED if found.unreadable else 0


def _table(found: FolderCheck) -> Table:
    table = Table(
        caption=f"{_takes(len(found.takes))}, {found.minutes:.1f} minutes; r: of opening and loudness; late: the sound"
    )
    table.add_column("take")
    for title in ("seconds", "fps", "r", "late ms", "gap mm", "closed", "channels"):
        table.add_column(title, justify="right")
    for take in found.takes:
        late = f"{1000 * take.sync.late_s:+.0f}" if take.sync.sure else "?"
        closed = "?" if take.closed is None else f"{take.closed:.0%}"
        figures = (f"{take.seconds:.1f}", f"{take.fps:.4g}", f"{take.sync.r_as_is:.2f}", late, f"{take.range_mm:.1f}")
        table.add_row(escape(take.name), *figures, closed, coverage(take))
    return table


if __name__ == "__main__":
    sys.exit(main())

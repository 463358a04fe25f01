"""What importing a recording comes to: takes, and what was done to make them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.corpus.importers.errors import ImportingError
from models.corpus.importers.pieces import Pieces
from models.corpus.importers.recorded_sound import RecordedSound
from models.corpus.importers.sound_sync import Sync, estimate_sync
from models.corpus.takes import Take
from models.ticks import SAMPLE_RATE

_WORTH_MOVING_S: Final = 0.03
"""Estimates smaller than this are within their own error."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a recording.

    Attributes:
        takes: unbroken pieces of it, in order.
        seconds: of the recording from the first to the last frame with a face.
        kept: seconds of the takes.
        moved_s: by how much the sound was moved in all against the motion; positive: it came late.
        moved_by: why: `--sound-late-ms`, `timecode`, `estimate`, or `nothing` where both begin together.
        sync: what opening and loudness say about the sound before the estimate moved it.
        notes: what was odd, in words.
    """

    takes: list[Take]
    seconds: float
    kept: float
    moved_s: float
    moved_by: str
    sync: Sync
    notes: tuple[str, ...]

    @property
    def laid_r(self) -> float:
        """Correlation of opening and loudness in the takes."""
        return self.sync.r if self.moved_by == "estimate" else self.sync.r_as_is

    @property
    def better_moved_s(self) -> float | None:
        """What `moved_s` had better be in all; None if nothing else is surely better."""
        off = self.sync.sure and self.moved_by != "estimate" and abs(self.sync.late_s) > _WORTH_MOVING_S
        return self.moved_s + self.sync.late_s if off else None


def lay_together(
    name: str,
    found: Pieces,
    sound: RecordedSound,
    measured: tuple[str, ...],
    *,
    begin_s: float | None,
    told_s: float | None,
    notes: Sequence[str] = (),
) -> Imported:
    """Lays a recording's motion on its sound by what is known, and cuts both into takes.

    What was told comes first, then timecodes; else both are held to begin together, corrected by the estimate of
    opening and loudness if that is sure.

    Args:
        name: of the recording; of several takes each gets a number behind it.
        found: pieces of motion `[F, 61]`, at least one; their starts are seconds from the recording's
            first frame, whether that saw a face or not.
        sound: of the recording.
        measured: names of the channels measured.
        begin_s: where in the sound the first frame lies by timecode, seconds; None if unknown.
        told_s: the same as the owner told it; None if nobody did.
        notes: what was odd so far.

    Raises:
        ImportingError: sound and motion share no second.
    """
    begin, moved_by = 0.0, "nothing"
    if told_s is not None:
        begin, moved_by = told_s, "--sound-late-ms"
    elif begin_s is not None:
        begin, moved_by = begin_s, "timecode"
    first = found.pieces[0].start
    sync = estimate_sync(sound.pcm, _end_to_end(found), found.fps, begin + first)
    if moved_by == "nothing" and sync.sure and abs(sync.late_s) > _WORTH_MOVING_S:
        begin, moved_by = sync.late_s, "estimate"
    takes = []
    for number, piece in enumerate(found.pieces, start=1):
        take_name = name if len(found.pieces) == 1 else f"{name}.{number}"
        take = cut_take(take_name, sound.pcm, piece.values, found.fps, piece.start + begin, measured)
        takes += [replace(take, sound_late_s=begin)] if take else []
    if not takes:
        raise ImportingError(f"{name}: {sound.path.name} was over before the motion began; is it of this recording?")
    gaps = [f"{found.bridged} short gaps bridged"] if found.bridged else []
    gaps += [f"cut at {len(found.pieces) - 1} long gaps"] if len(found.pieces) > 1 else []
    kept = sum(take.seconds for take in takes)
    return Imported(takes, found.seconds, kept, begin, moved_by, sync, (*notes, *gaps))


def _end_to_end(found: Pieces) -> NDArray[np.float32]:
    """All pieces on one clock, held still between them: good enough to listen for the lag."""
    first = found.pieces[0].start
    parts: list[NDArray[np.float32]] = []
    filled = 0
    for piece in found.pieces:
        waited = round((piece.start - first) * found.fps) - filled
        parts += [np.repeat(parts[-1][-1:], waited, axis=0)] if waited > 0 else []
        parts.append(piece.values)
        filled += max(waited, 0) + len(piece.values)
    return np.concatenate(parts)


def cut_take(
    name: str,
    pcm: NDArray[np.float32],
    motion: NDArray[np.float32],
    fps: float,
    begin_s: float,
    measured: tuple[str, ...],
) -> Take | None:
    """A take of what both sound and motion cover.

    Args:
        name: of the take.
        pcm: `[N]` at 16 kHz.
        motion: `[F, 61]`.
        fps: of the motion.
        begin_s: where in the sound frame 0 lies, seconds.
        measured: names of the channels measured.

    Returns:
        The take; None if they share less than a second.
    """
    skipped = max(int(np.ceil(-begin_s * fps - 1e-6)), 0)
    begin = begin_s + skipped / fps
    frames = min(len(motion) - skipped, int((len(pcm) / SAMPLE_RATE - begin) * fps + 1e-6))
    if frames < fps:
        return None
    first = round(begin * SAMPLE_RATE)
    sound = pcm[first : first + round(frames / fps * SAMPLE_RATE)]
    return Take(name, np.ascontiguousarray(sound), [], motion[skipped : skipped + frames].copy(), fps, measured)

"""What importing a recording comes to: takes, and what was done to make them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.corpus.importers.sound_sync import Sync
from models.corpus.takes import TAKE_RATE, Take


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a recording.

    Attributes:
        takes: unbroken pieces of it, in order.
        seconds: of the recording from the first to the last frame with a face.
        kept: seconds of the takes.
        moved_s: by how much the sound was moved against the motion; positive: it came late.
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
    frames = min(len(motion) - skipped, int((len(pcm) / TAKE_RATE - begin) * fps + 1e-6))
    if frames < fps:
        return None
    first = round(begin * TAKE_RATE)
    sound = pcm[first : first + round(frames / fps * TAKE_RATE)]
    return Take(name, np.ascontiguousarray(sound), [], motion[skipped : skipped + frames].copy(), fps, measured)

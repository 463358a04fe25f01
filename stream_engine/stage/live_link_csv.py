"""Recording as Live Link Face writes it: a CSV of 61 channels with a timecode.

Row k shows media time 960·k, 50 rows a second. The file appears, whole, when the recording ends well.
"""

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import numpy as np
from numpy.typing import NDArray

from models.face.channels import CHANNEL_COUNT, CHANNELS
from stream_engine.clock import MEDIA_RATE, TICK_MEDIA
from stream_engine.frames import MotionFrame

ROWS_PER_SECOND: Final = MEDIA_RATE // TICK_MEDIA
HEADER: Final = ",".join(("Timecode", "BlendShapeCount", *CHANNELS))


class RecordingError(OSError):
    """A recording that cannot be written; the text names the file."""


def timecode(row: int) -> str:
    """Hours, minutes, seconds, frame and thousandths of a frame, `00:00:01:25.000`, of a row at 50 a second."""
    seconds, frame = divmod(row, ROWS_PER_SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}:{frame:02}.000"


class LiveLinkCsv:
    """Writes frames to a file; use as a context manager.

    Instants that no frame shows (a tick was dropped, or a live look-ahead of 0 leaves out instant 0) repeat the frame
    before, or at the very beginning the first one. The file is replaced when the block ends, and left as it was
    when it ends with an exception.

    Args:
        path: the CSV to write.

    Attributes:
        rows: written so far.
    """

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._path = path
        self._file: IO[str] | None = None
        self._last: NDArray[np.float32] | None = None

    def __enter__(self) -> Self:
        """Opens it.

        Raises:
            RecordingError: the file cannot be written there.
        """
        if self._path.is_dir():
            raise RecordingError(f"cannot write {self._path}: it is a folder; name a file in it")
        try:
            handle, name = tempfile.mkstemp(prefix=f".{self._path.name}-", dir=self._path.parent)
        except OSError as error:
            raise RecordingError(f"cannot write {self._path}: {error.strerror}; choose another place") from error
        self._file = os.fdopen(handle, "w", encoding="ascii", newline="")
        self._made = Path(name)
        self._file.write(HEADER + "\n")
        return self

    def write(self, frame: MotionFrame) -> None:
        """Adds a frame; one for an instant already written is ignored.

        Raises:
            RecordingError: the disk is full, say.
        """
        row = frame.media_time // TICK_MEDIA
        if row < self.rows:
            return
        held = frame.channels if self._last is None else self._last
        while self.rows < row:
            self._write_row(held)
        self._write_row(frame.channels)
        self._last = frame.channels

    def _write_row(self, channels: NDArray[np.float32]) -> None:
        if self._file is None:
            raise AssertionError("a recording is written inside its with block")
        values = ",".join([f"{value:.6f}" for value in channels.tolist()])
        try:
            self._file.write(f"{timecode(self.rows)},{CHANNEL_COUNT},{values}\n")
        except OSError as error:
            raise RecordingError(f"cannot write {self._path}: {error.strerror}") from error
        self.rows += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Puts the file in its place, or takes away what was made of it."""
        if self._file is None:
            return
        try:
            self._file.close()
            if kind is None:
                self._made.chmod(0o666 & ~_umask())  # mkstemp's own is for the owner alone
                self._made.replace(self._path)
        except OSError as failure:
            raise RecordingError(f"cannot write {self._path}: {failure.strerror}") from failure
        finally:
            self._file = None
            self._made.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

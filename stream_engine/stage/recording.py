"""What every recording of motion has in common: a row for every instant, and a file that appears whole or not at all.

Row k shows media time 960·k, 50 rows a second.
"""

import os
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import numpy as np
from numpy.typing import NDArray

from stream_engine.clock import MEDIA_RATE, TICK_MEDIA
from stream_engine.frames import MotionFrame

ROWS_PER_SECOND: Final = MEDIA_RATE // TICK_MEDIA


class RecordingError(OSError):
    """A recording that cannot be written; the text names the file."""


class Recording(ABC):
    """Writes frames to a file; use as a context manager.

    Instants that no frame shows (a tick was dropped, or a live look-ahead of 0 leaves out instant 0) repeat the frame
    before, or at the very beginning the first one. The file is replaced when the block ends, and left as it was
    when it ends with an exception.

    Args:
        path: the file to write.

    Attributes:
        rows: written so far.
    """

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._path = path
        self._file: IO[bytes] | None = None
        self._last: NDArray[np.float32] | None = None

    def __enter__(self) -> Self:
        """Opens it.

        Raises:
            RecordingError: the file cannot be written there.
        """
        if self._path.is_dir():
            raise RecordingError(f"cannot write {self._path}: it is a folder; name a file in it")
        begin = self._begin()
        try:
            handle, name = tempfile.mkstemp(prefix=f".{self._path.name}-", dir=self._path.parent)
        except OSError as error:
            raise RecordingError(f"cannot write {self._path}: {error.strerror}; choose another place") from error
        self._file = os.fdopen(handle, "wb")
        self._made = Path(name)
        self._put(begin)
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
        self._put(self._row(self.rows, channels))
        self.rows += 1

    @abstractmethod
    def _begin(self) -> bytes:
        """What the file begins with; raises what speaks against recording at all."""

    @abstractmethod
    def _row(self, row: int, channels: NDArray[np.float32]) -> bytes:
        """What a row adds to the file; channels `[61]`."""

    @abstractmethod
    def _end(self) -> bytes:
        """What the file ends with."""

    def _put(self, data: bytes) -> None:
        if self._file is None:
            raise AssertionError("a recording is written inside its with block")
        try:
            self._file.write(data)
        except OSError as error:
            raise RecordingError(f"cannot write {self._path}: {error.strerror}") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Puts the file in its place, or takes away what was made of it."""
        if self._file is None:
            return
        try:
            try:
                if kind is None:
                    self._put(self._end())
            finally:
                file, self._file = self._file, None
                file.close()
            if kind is None:
                self._made.chmod(0o666 & ~_umask())  # mkstemp's own is for the owner alone
                self._made.replace(self._path)
        except RecordingError:
            raise
        except OSError as failure:
            raise RecordingError(f"cannot write {self._path}: {failure.strerror}") from failure
        finally:
            self._made.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

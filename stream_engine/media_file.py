"""Sound out of any file FFmpeg reads, as chunks of one channel."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import numpy as np
from numpy.typing import NDArray

from stream_engine.clock import MEDIA_RATE
from stream_engine.ear.resampler import UnsupportedSoundError, check_rate
from stream_engine.frames import AudioChunk

_WEIGHTS: Final = {"FC": 1.0, "LFE": 0.0}
"""Weights of channels in the mix to one: in surround sound, voices are in the centre. All others count half."""


class MediaFileError(ValueError):
    """A file no voice can be read from; the text names it and says why."""


class SoundFile:
    """The first audio stream of a file; use as a context manager.

    Media time counts the samples: gaps in a container's time stamps are closed.

    Args:
        path: of an audio or video file.

    Attributes:
        duration_s: as the file states it; None if it does not.
        sample_rate: Hz, as the file states it.
        media_time: end of what was read so far, in 48 kHz units, rounded up.
    """

    def __init__(self, path: Path) -> None:
        self.duration_s: float | None = None
        self.sample_rate = 0
        self.media_time = 0
        self._path = path

    def __enter__(self) -> Self:
        """Opens it.

        Raises:
            MediaFileError: missing, unreadable, of unknown format, or without sound.
        """
        try:
            self._container = av.open(str(self._path))
        except FileNotFoundError as error:
            raise MediaFileError(f"cannot read {self._path}: there is no such file") from error
        except (av.error.FFmpegError, OSError) as error:
            raise MediaFileError(f"cannot read {self._path}: {_reason(error)}") from error
        if not self._container.streams.audio:
            self._container.close()
            raise MediaFileError(f"cannot read {self._path}: it has no sound")
        self._stream = self._container.streams.audio[0]
        self.sample_rate = self._stream.rate
        if self._stream.duration is not None and self._stream.time_base is not None:
            self.duration_s = float(self._stream.duration * self._stream.time_base)
        elif self._container.duration is not None:
            self.duration_s = self._container.duration / av.time_base
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        self._container.close()

    def chunks(self) -> Iterator[AudioChunk]:
        """The sound, mixed down to one channel.

        Raises:
            MediaFileError: damaged on the way, empty, or at a rate nobody speaks at.
        """
        samples, rate = 0, 0
        began_at = 0
        try:
            for frame in self._container.decode(self._stream):
                if frame.sample_rate != rate:
                    check_rate(frame.sample_rate)
                    began_at, samples, rate = self.media_time, 0, frame.sample_rate
                pcm = _one_channel(frame)
                at = began_at + samples * MEDIA_RATE // rate
                samples += len(pcm)
                self.media_time = began_at + -(-samples * MEDIA_RATE // rate)
                yield AudioChunk(pcm, rate, at)
        except (av.error.FFmpegError, OSError) as error:
            at_s = self.media_time / MEDIA_RATE
            raise MediaFileError(f"cannot read {self._path}: damaged after {at_s:.2f} s ({_reason(error)})") from error
        except UnsupportedSoundError as error:
            raise MediaFileError(f"cannot read {self._path}: {error}") from error
        if not self.media_time:
            raise MediaFileError(f"cannot read {self._path}: its sound is empty")


def _one_channel(frame: av.AudioFrame) -> NDArray[np.float32]:
    sound = frame.to_ndarray()
    channels = len(frame.layout.channels)
    if not frame.format.is_planar:
        sound = sound.reshape(-1, channels).T
    if sound.dtype == np.uint8:
        sound = (sound.astype(np.float32) - 128) / 128
    elif np.issubdtype(sound.dtype, np.integer):
        sound = sound.astype(np.float32) / float(1 << (8 * sound.dtype.itemsize - 1))
    weights = np.array([_WEIGHTS.get(channel.name, 0.5) for channel in frame.layout.channels], np.float32)
    if not weights.any():
        weights[:] = 1
    mixed: NDArray[np.float32] = (weights / weights.sum()) @ sound.astype(np.float32, copy=False)
    return mixed


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return "no sound or video format FFmpeg knows" if isinstance(error, av.error.InvalidDataError) else text

"""What a session's `stats` event tells, gathered cheaply as sound and frames pass."""

import math
from typing import Final

import numpy as np

from stream_engine.clock import MEDIA_RATE
from stream_engine.frames import AudioChunk, Event, EventKind, MotionFrame
from stream_engine.metrics import Metrics
from stream_engine.transport.messages import Stages, Stats

SILENCE_DBFS: Final = -120.0
"""Level told for digital silence, and where nothing was heard."""


class SessionMeter:
    """A session sink that measures: level, latency by stage, media time.

    Args:
        metrics: the server's totals, counted along.

    Attributes:
        media_time: end of the sound heard so far, 48 kHz units.
    """

    def __init__(self, metrics: Metrics) -> None:
        self.media_time = 0
        self._metrics = metrics
        self._power = 0.0
        self._samples = 0
        self._frames = 0
        self._ear_ms = self._queue_ms = self._model_ms = self._return_ms = 0.0
        self._lost = self._concealed = 0

    def on_motion(self, frame: MotionFrame) -> None:
        """Adds a frame's latency."""
        timing = frame.timing
        self._frames += 1
        self._ear_ms += timing.ear_ms
        self._queue_ms += timing.queue_ms
        self._model_ms += timing.model_ms
        self._return_ms += timing.return_ms
        self._metrics.observe_frame(timing)

    def on_event(self, event: Event) -> None:
        """Counts turns and errors."""
        if event.kind is EventKind.SPEECH_STARTED:
            self._metrics.turns.inc()
        elif event.kind is EventKind.ERROR:
            self._metrics.errors.labels(event.code or "failed").inc()

    def on_audio(self, chunk: AudioChunk) -> None:
        """Adds a chunk's power and moves media time on."""
        pcm = chunk.pcm
        self.media_time = max(self.media_time, chunk.media_time + len(pcm) * MEDIA_RATE // chunk.sample_rate)
        scale = 1.0 if pcm.dtype == np.float32 else 1 / 32768
        samples = pcm.astype(np.float32)
        self._power += float(np.dot(samples, samples)) * scale * scale
        self._samples += len(pcm)

    def take_stats(self, *, packets_lost: int, packets_concealed: int, jitter_ms: float, viewers: int) -> Stats:
        """The stats since the last call, and a fresh start.

        Args:
            packets_lost: RTP packets lost since the session began.
            packets_concealed: of them, those made up.
            jitter_ms: present interarrival jitter.
            viewers: viewers connected.
        """
        self._metrics.packets_lost.inc(max(0, packets_lost - self._lost))
        self._metrics.packets_concealed.inc(max(0, packets_concealed - self._concealed))
        self._lost, self._concealed = packets_lost, packets_concealed
        frames = max(1, self._frames)
        stats = Stats(
            media_time=self.media_time,
            level_dbfs=self._level_dbfs(),
            packets_lost=packets_lost,
            packets_concealed=packets_concealed,
            jitter_ms=round(jitter_ms, 3),
            stages_ms=Stages(
                ear=round(max(0.0, self._ear_ms / frames), 3),
                queue=round(max(0.0, self._queue_ms / frames), 3),
                model=round(max(0.0, self._model_ms / frames), 3),
                return_=round(max(0.0, self._return_ms / frames), 3),
            ),
            viewers=viewers,
        )
        self._power, self._samples, self._frames = 0.0, 0, 0
        self._ear_ms = self._queue_ms = self._model_ms = self._return_ms = 0.0
        return stats

    def _level_dbfs(self) -> float:
        if not self._samples or self._power <= 0.0 or not math.isfinite(self._power):
            return SILENCE_DBFS
        level = 10 * math.log10(self._power / self._samples)
        return round(min(3.0, max(SILENCE_DBFS, level)), 1)

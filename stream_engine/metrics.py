"""What `/metrics` tells, in a Prometheus registry of its own.

Children of labelled metrics are looked up once, so that observing a frame costs a few microseconds.
"""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stream_engine.engine import Engine
from stream_engine.frames import MotionTiming

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5)


class _EngineCounts(Collector):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "stream_engine_dropped_ticks", "Ticks the worker could not be given in time", self._engine.dropped_ticks
        )
        yield CounterMetricFamily("stream_engine_engine_restarts", "Workers lost and replaced", self._engine.restarts)
        yield GaugeMetricFamily(
            "stream_engine_sleeping_slots", "Quiet voices whose network sleeps", self._engine.slots_asleep
        )


class Metrics:
    """All metrics of one server.

    Attributes:
        registry: what `/metrics` renders.
        sessions: voices connected now.
        viewers: viewers connected now.
        sessions_opened: voices since the start.
        sessions_closed: by reason (closed, idle, failed, shutting_down).
        refusals: requests refused, by code.
        dropped_frames: motion messages not sent, by reason.
        turns: speech turns begun.
        model_seconds: time sessions spent in batched steps (a batch counts once for each slot in it).
        packets_lost: RTP packets that never came.
        packets_concealed: of them, those made up.
        bad_messages: control messages refused.
        errors: error events of sessions, by code (engine_restarted, overloaded, bad_audio …).
    """

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.sessions = Gauge("stream_engine_sessions", "Voices connected now", registry=registry)
        self.viewers = Gauge("stream_engine_viewers", "Viewers connected now", registry=registry)
        self.sessions_opened = Counter("stream_engine_sessions_opened", "Voices since the start", registry=registry)
        self.sessions_closed = Counter(
            "stream_engine_sessions_closed", "Voices that have ended", ["reason"], registry=registry
        )
        self.refusals = Counter("stream_engine_refusals", "Requests refused", ["code"], registry=registry)
        self.dropped_frames = Counter(
            "stream_engine_dropped_frames", "Motion messages not sent", ["reason"], registry=registry
        )
        self.turns = Counter("stream_engine_turns", "Speech turns begun", registry=registry)
        self.model_seconds = Counter(
            "stream_engine_model_seconds", "Seconds sessions spent in the network's steps", registry=registry
        )
        self.packets_lost = Counter("stream_engine_packets_lost", "RTP packets that never came", registry=registry)
        self.packets_concealed = Counter(
            "stream_engine_packets_concealed", "Lost RTP packets made up", registry=registry
        )
        self.bad_messages = Counter("stream_engine_bad_messages", "Control messages refused", registry=registry)
        self.errors = Counter("stream_engine_errors", "Error events of sessions", ["code"], registry=registry)
        self._lateness = Histogram(
            "stream_engine_tick_lateness_seconds",
            "From a tick's last sample to its frame in the network process",
            buckets=_BUCKETS_S,
            registry=registry,
        )
        stages = Histogram(
            "stream_engine_stage_seconds", "Latency by stage", ["stage"], buckets=_BUCKETS_S, registry=registry
        )
        self._ear, self._queue, self._model, self._return = (
            stages.labels(stage) for stage in ("ear", "queue", "model", "return")
        )
        # A reason must show as 0 before it first happens, or a rate over it starts with a hole.
        for reason in ("congested", "not_open", "not_finite"):
            self.dropped_frames.labels(reason)
        for reason in ("closed", "idle", "failed", "shutting_down"):
            self.sessions_closed.labels(reason)

    def follow_engine(self, engine: Engine) -> None:
        """Reports the engine's own counts, read at each rendering."""
        self.registry.register(_EngineCounts(engine))

    def observe_frame(self, timing: MotionTiming) -> None:
        """Counts one motion frame's latency."""
        self._ear.observe(timing.ear_ms * 1e-3)
        self._queue.observe(timing.queue_ms * 1e-3)
        self._model.observe(timing.model_ms * 1e-3)
        self._return.observe(timing.return_ms * 1e-3)
        self._lateness.observe((timing.ear_ms + timing.queue_ms + timing.model_ms + timing.return_ms) * 1e-3)
        self.model_seconds.inc(timing.model_ms * 1e-3)

    def render(self) -> bytes:
        """The registry in Prometheus' text format."""
        return generate_latest(self.registry)

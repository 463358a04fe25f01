"""What a session's stats say."""

import numpy as np
import pytest

from stream_engine.frames import AudioChunk, Event, EventKind, MotionFrame, MotionTiming
from stream_engine.metrics import Metrics
from stream_engine.session_meter import SILENCE_DBFS, SessionMeter
from stream_engine.transport.messages import Stats

QUIET = np.zeros(480, np.int16)


def take(meter: SessionMeter, lost: int = 0, concealed: int = 0) -> Stats:
    return meter.take_stats(packets_lost=lost, packets_concealed=concealed, jitter_ms=1.23456, viewers=2)


def test_level_of_full_scale_half_scale_and_silence() -> None:
    meter = SessionMeter(Metrics())
    assert take(meter).level_dbfs == SILENCE_DBFS
    meter.on_audio(AudioChunk(np.full(480, 16384, np.int16), 48_000, 0))
    assert take(meter).level_dbfs == pytest.approx(-6.0, abs=0.05)
    meter.on_audio(AudioChunk(np.full(480, -1.0, np.float32), 48_000, 480))
    assert take(meter).level_dbfs == 0.0
    meter.on_audio(AudioChunk(QUIET, 48_000, 960))
    assert take(meter).level_dbfs == SILENCE_DBFS


def test_media_time_follows_the_sound_at_any_rate() -> None:
    meter = SessionMeter(Metrics())
    meter.on_audio(AudioChunk(QUIET, 48_000, 0))
    assert meter.media_time == 480
    meter.on_audio(AudioChunk(QUIET[:160], 16_000, 960))
    assert meter.media_time == 1440
    assert take(meter).media_time == 1440


def test_stages_are_means_of_the_last_second() -> None:
    meter = SessionMeter(Metrics())
    for ear in (1.0, 3.0):
        meter.on_motion(MotionFrame(np.zeros(61, np.float32), 0, 0, timing=MotionTiming(ear, 0.5, 4.0, 0.25)))
    stages = take(meter).stages_ms
    assert (stages.ear, stages.queue, stages.model, stages.return_) == (2.0, 0.5, 4.0, 0.25)
    assert take(meter).stages_ms.model == 0.0


def test_the_servers_totals_follow() -> None:
    metrics = Metrics()
    meters = [SessionMeter(metrics), SessionMeter(metrics)]
    for meter in meters:
        meter.on_motion(MotionFrame(np.zeros(61, np.float32), 0, 0, timing=MotionTiming(1, 1, 15, 1)))
        meter.on_event(Event(EventKind.SPEECH_STARTED, 0))
        meter.on_event(Event(EventKind.SPEECH_ENDED, 0))
        take(meter, lost=3, concealed=2)
        take(meter, lost=5, concealed=2)
    value = metrics.registry.get_sample_value
    assert value("stream_engine_turns_total") == 2
    assert value("stream_engine_packets_lost_total") == 10
    assert value("stream_engine_packets_concealed_total") == 4
    assert value("stream_engine_model_seconds_total") == pytest.approx(0.03)
    assert value("stream_engine_tick_lateness_seconds_count") == 2
    assert value("stream_engine_tick_lateness_seconds_bucket", {"le": "0.015"}) == 0
    assert value("stream_engine_tick_lateness_seconds_bucket", {"le": "0.02"}) == 2
    assert value("stream_engine_stage_seconds_count", {"stage": "model"}) == 2

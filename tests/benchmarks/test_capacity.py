import asyncio
import json
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks import capacity
from benchmarks.capacity import BenchmarkError, Point, held, main, point_of, ticks_of
from benchmarks.webrtc_voices import LOOK_AHEAD_TICKS, EncodedTrack, Speaker, VoiceError, encode_speech
from stream_engine.clock import ManualClock


def test_a_points_percentiles_are_of_ticks_that_were_there() -> None:
    point = point_of(4, np.arange(1000) / 100)
    assert point.p50_ms == pytest.approx(5.0, abs=0.02)
    assert point.p95_ms == pytest.approx(9.5, abs=0.02)
    assert point.p99_ms == pytest.approx(9.9, abs=0.02)
    assert point.late_share == 0
    assert point.dropped == 0
    assert point.real_time


def test_ticks_that_never_came_are_late_for_ever() -> None:
    point = point_of(4, np.array([1.0] * 98 + [math.inf] * 2))
    assert point.dropped == 2
    assert point.late_share == pytest.approx(0.02)
    assert math.isnan(point.p99_ms)
    assert not point.real_time
    assert point_of(4, np.array([1.0] * 999 + [math.inf])).real_time


def test_20_ms_are_late() -> None:
    assert not point_of(1, np.full(100, 20.0)).real_time
    assert point_of(1, np.full(100, 20.0)).late_share == 1


def test_no_ticks_are_no_figures() -> None:
    with pytest.raises(BenchmarkError, match="no tick"):
        point_of(1, np.zeros(0))


def test_held_stops_at_the_first_number_that_is_too_much() -> None:
    def at(slots: int, p99: float) -> Point:
        return Point(slots, 1.0, 2.0, p99, 0.0, 0)

    assert held([]) == 0
    assert held([at(1, 30.0)]) == 0
    assert held([at(10, 5.0), at(1, 5.0), at(20, 25.0), at(30, 5.0)]) == 10
    assert held([at(1, 5.0), at(2, math.nan)]) == 1


def test_sound_is_cut_into_whole_ticks() -> None:
    ticks = ticks_of(np.arange(1000, dtype=np.float32))
    assert ticks.shape == (3, 320)
    assert ticks[1, 0] == 320


def test_the_engine_is_measured_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short real run: every tick comes back, and the file has the promised shape."""
    monkeypatch.setattr(capacity, "WARM_UP_S", 0.2)
    out = tmp_path / "capacity.json"
    assert main(["--seconds", "0.4", "--slots", "2", "--sessions", "--json", str(out)]) == 0
    figures = json.loads(out.read_text())
    assert {"engine_slots", "webrtc_sessions", "curve", "machine"} <= figures.keys()
    assert figures["webrtc_sessions"] is None
    (point,) = figures["curve"]
    assert point.keys() == {"slots", "p50_ms", "p95_ms", "p99_ms", "late_share", "dropped"}
    assert point["slots"] == 2
    assert point["dropped"] == 0
    assert 0 < point["p50_ms"] <= point["p95_ms"] <= point["p99_ms"]
    assert figures["engine_slots"] in (0, 2)  # as busy as the machine is


def test_an_engine_that_fails_gives_no_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(*_: object) -> list[Point]:
        raise BenchmarkError("vad_failed: out of order")

    monkeypatch.setattr(capacity, "measure_curve", failing)
    out = tmp_path / "capacity.json"
    assert main(["--slots", "1", "--sessions", "--json", str(out)]) == 1
    assert not out.exists()


def _speaker(sent: int, skipped: int, trips: dict[int, float]) -> tuple[Speaker, ManualClock]:
    """A speaker whose packets left every 20 ms, and whose server heard all but the first few.

    Args:
        sent: packets.
        skipped: of them, before the server listened.
        trips: seconds from a packet to the frame that waited for it, where not 15 ms of which 10 are processing.
    """

    async def make() -> Speaker:
        track = EncodedTrack([b""], 0, clock)
        track.sent_at = [n * 0.02 for n in range(sent)]
        speaker = Speaker("http://127.0.0.1:1", track, clock)
        for n in range(skipped + LOOK_AHEAD_TICKS - 1, sent):
            instant = n - skipped - (LOOK_AHEAD_TICKS - 1)
            if (trip := trips.get(n, 0.015)) < math.inf:
                speaker.arrivals.append((n * 0.02 + trip, instant, 10.0))
        await speaker.close()
        return speaker

    clock = ManualClock()
    return asyncio.run(make()), clock


@pytest.mark.parametrize("skipped", [0, 1, 3])
def test_lateness_of_sessions_is_what_comes_on_top_of_an_idle_trip(skipped: int) -> None:
    speaker, _ = _speaker(100, skipped, {50: 0.045, 60: math.inf})
    lateness = speaker.lateness_ms(0.5, 1.5)
    assert len(lateness) == 50
    expected = np.full(50, 10.0)
    expected[25], expected[35] = 40.0, math.inf
    np.testing.assert_allclose(lateness, expected, atol=1e-6)


def test_a_session_that_failed_gives_no_figures() -> None:
    speaker, _ = _speaker(10, 0, dict.fromkeys(range(10), math.inf))
    with pytest.raises(VoiceError, match="no motion"):
        speaker.lateness_ms(0, 1)
    speaker.errors.append("overloaded")
    with pytest.raises(VoiceError, match="overloaded"):
        speaker.lateness_ms(0, 1)


@pytest.mark.data
def test_speech_is_encoded_in_packets_of_20_ms(clips: object) -> None:
    packets = encode_speech()
    assert len(packets) > 500
    assert all(0 < len(packet) < 400 for packet in packets)

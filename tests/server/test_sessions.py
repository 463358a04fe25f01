"""Sessions through the real door: a voice in, motion out, viewers beside it, and every road to an end."""

import asyncio
import gc
import weakref
from dataclasses import asdict

import av
import httpx
import numpy as np
import pytest
from structlog.testing import capture_logs

from models.face.channels import CHANNELS
from stream_engine.clock import ManualClock, SystemClock
from stream_engine.stage.style import Style
from tests.server.direct_engine import JAW_OPEN, DirectEngine
from tests.server.house import House, open_house
from tests.transport.voice_client import TIMEOUT_S, VoiceClient

pytestmark = pytest.mark.anyio


async def test_a_voice_comes_back_as_motion() -> None:
    async with open_house() as house:
        speaker = VoiceClient(house.http)
        answer = await speaker.connect("/whip?look_ahead_ms=40&seed=9")
        assert answer.headers["content-type"] == "application/sdp"
        assert answer.headers["location"] == f"/whip/{answer.headers['x-session-id']}"
        assert answer.headers["etag"].startswith('"')
        assert "a=ptime:10" in answer.text
        hello = await speaker.event("hello")
        assert hello["session"] == answer.headers["x-session-id"]
        assert (hello["role"], hello["look_ahead_ms"], hello["tick_media"]) == ("speaker", 40, 960)
        assert hello["seed"] == 9
        assert hello["channels"] == list(CHANNELS)
        frames = await speaker.frames(50)
        assert max(frame.channels[JAW_OPEN] for frame in frames) > 0.3
        assert all(frame.media_time == 960 * frame.sequence for frame in frames)
        assert len(frames) > 0.9 * frames[-1].sequence
        assert frames[10].ear_queue_ms == pytest.approx(0.3, abs=0.2)
        (slot,) = house.engine.slots.values()
        assert (slot.look_ahead_ticks, slot.seed) == (2, 9)
        assert (await speaker.event("speech_started"))["media_time"] >= 0
        assert house.metric("turns_total") == 1
        stats = await speaker.event("stats")
        assert stats["level_dbfs"] > -40
        assert stats["stages_ms"]["model"] == pytest.approx(0.3)
        await speaker.close()


async def test_every_face_lives_its_own_life_unless_a_seed_is_asked_for() -> None:
    async with open_house() as house:
        seeds = [
            (await (await house.speaker(path)).event("hello"))["seed"] for path in ("/whip", "/whip", "/whip?seed=0")
        ]
        assert all(0 <= seed < 2**32 for seed in seeds)
        assert seeds[0] != seeds[1]
        assert seeds[2] == 0
        assert [slot.seed for slot in house.engine.slots.values()] == seeds


async def test_controls_are_answered() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        await speaker.send('{"type":"ping","id":77}')
        pong = await speaker.event("pong")
        assert pong["id"] == 77
        assert pong["media_time"] > 0
        await speaker.send('{"type":"mute","muted":true}')
        await speaker.send('{"type":"reset","look_ahead_ms":100,"seed":3}')
        told = await speaker.event("reset")
        assert (told["look_ahead_ms"], told["seed"]) == (100, 3)
        await speaker.send(b"binary")
        assert (await speaker.event("error"))["code"] == "bad_message"
        (slot,) = house.engine.slots.values()
        assert (slot.resets, slot.look_ahead_ticks, slot.seed) == (1, 5, 3)
        seen = len(speaker.messages)
        frames = await speaker.frames(seen + 10)
        assert any(frame.discontinuity for frame in frames[1:])


async def test_eleven_bad_messages_close_the_channel_and_motion_goes_on() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        for _ in range(11):
            await speaker.send("nonsense")
        async with asyncio.timeout(TIMEOUT_S):
            await speaker.closed["control"].wait()
        await speaker.frames(len(speaker.messages) + 10)


async def test_channels_nobody_asked_for_are_closed() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        for label in ("other", "motion", "control"):
            _, closed = speaker.open_channel(label)
            async with asyncio.timeout(TIMEOUT_S):
                await closed.wait()
        await speaker.frames(len(speaker.messages) + 10)


async def test_a_viewer_sees_hears_and_pairs() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        viewer = await house.viewer(speaker)
        assert (await viewer.event("hello"))["role"] == "viewer"
        clock = await viewer.event("audio_clock")
        assert clock["clock_rate"] == 48_000
        track = viewer.connection.getReceivers()[0].track
        async with asyncio.timeout(TIMEOUT_S):
            sound = [await track.recv() for _ in range(10)]
        assert any(np.abs(f.to_ndarray()).max() > 1000 for f in sound if isinstance(f, av.AudioFrame))
        await viewer.send('{"type":"ping","id":1}')
        assert (await viewer.event("pong"))["id"] == 1
        await viewer.send('{"type":"reset"}')
        assert "ping only" in (await viewer.event("error"))["detail"]
        assert next(iter(house.engine.slots.values())).resets == 0
        assert house.metric("viewers") == 1
        house.server.registry.sweep()
        assert (await speaker.event("stats"))["viewers"] == 1
        assert (await house.http.delete(viewer.location)).status_code == 200
        assert (await viewer.event("bye"))["reason"] == "closed"
        assert house.metric("viewers") == 0
        await speaker.frames(len(speaker.messages) + 10)


async def test_a_change_of_style_comes_back_to_everybody() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        style = await speaker.event("style")
        del style["media_time"]
        assert style == {"type": "style", **asdict(Style())}
        viewer = await house.viewer(speaker)
        assert (await viewer.event("style"))["mouth_gain"] == 1
        await speaker.send('{"type":"style","mouth_gain":1.5,"gaze":"camera"}')
        await speaker.send('{"type":"style","head_motion":0,"blinks_per_minute":7}')
        for client in (speaker, viewer):
            assert (await client.event("style"))["head_motion"] == 1
            last = await client.event("style")
            assert [last[name] for name in ("mouth_gain", "gaze", "head_motion")] == [1.5, "camera", 0]
            assert last["media_time"] > 0
        assert next(iter(house.engine.slots.values())).blinks_per_minute == 7
        await speaker.send('{"type":"reset"}')
        late = await house.viewer(speaker)
        assert (await late.event("style"))["gaze"] == "camera"
        await late.send('{"type":"style","mouth_gain":0}')
        assert "ping only" in (await late.event("error"))["detail"]


async def test_a_feeling_and_a_target_come_back_and_are_seen() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        assert (await speaker.event("style"))["emotion"] == "neutral"
        await speaker.send('{"type":"style","emotion":"surprise","intensity":1}')
        assert (await speaker.event("style"))["gaze_target"] == {"yaw": 0, "pitch": 0}
        await speaker.send('{"type":"style","gaze":"target","gaze_target":{"yaw":-0.45,"pitch":0.1}}')
        told = await speaker.event("style")
        assert (told["emotion"], told["intensity"], told["gaze"]) == ("surprise", 1, "target")
        assert told["gaze_target"] == {"yaw": -0.45, "pitch": 0.1}
        frames = await speaker.frames(len(speaker.messages) + 60)
        last = dict(zip(CHANNELS, frames[-1].channels.tolist(), strict=True))
        assert last["BrowOuterUpLeft"] > 0.8
        assert last["HeadYaw"] == pytest.approx(-0.15, abs=0.02)
        assert last["HeadYaw"] + last["LeftEyeYaw"] == pytest.approx(-0.45, abs=0.02)


async def test_a_viewer_that_leaves_is_forgotten_and_nobody_else_notices() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        live = house.server.registry.session(speaker.location.rpartition("/")[2])
        staying, leaving = await house.viewer(speaker), await house.viewer(speaker)
        await leaving.close()
        async with asyncio.timeout(TIMEOUT_S):
            while len(live.viewers) > 1:
                await speaker.frames(len(speaker.messages) + 1)
        assert house.metric("viewers") == 1
        await staying.frames(len(staying.messages) + 10)
        assert house.metric("sessions") == 1


async def test_an_engine_failure_is_told_to_all() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        viewer = await house.viewer(speaker)
        (slot,) = house.engine.slots.values()
        slot.listener.on_failure("engine_restarted", "The engine is being restarted; motion resumes by itself.")
        slot.listener.on_resumed()
        for client in (speaker, viewer):
            error = await client.event("error")
            assert (error["code"], error["media_time"] > 0) == ("engine_restarted", True)
            assert "restarted" in error["detail"]
            assert (await client.event("resumed"))["media_time"] >= error["media_time"]
        assert house.metric("errors_total", code="engine_restarted") == 1


async def test_delete_ends_the_session_its_viewers_and_everything_of_them() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        viewer = await house.viewer(speaker)
        live = house.server.registry.session(speaker.location.rpartition("/")[2])
        remains = [weakref.ref(thing) for thing in (live, live.session, live.speaker, *live.viewers.values())]
        remains += [weakref.ref(live.speaker._peer._connection), weakref.ref(live.speaker._peer.receiver)]
        del live
        answer = await house.http.delete(speaker.location)
        assert answer.status_code == 200
        assert house.engine.slots == {}
        assert (await speaker.event("bye"))["reason"] == "closed"
        assert (await viewer.event("bye"))["reason"] == "closed"
        assert (await house.http.delete(speaker.location)).status_code == 404
        await house.close_clients()
        await house.quiet()
        del speaker, viewer
        gc.collect()
        assert [thing() for thing in remains] == [None] * len(remains)
        assert house.metric("sessions") == 0
        assert house.metric("sessions_closed_total", reason="closed") == 1


async def test_a_client_that_closes_its_connection_ends_its_session() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        await speaker.close()
        async with asyncio.timeout(TIMEOUT_S):
            await house.engine.emptied.wait()
        assert len(house.server.registry) == 0
        await house.quiet()
        assert house.engine.slots == {}
        assert house.metric("sessions_closed_total", reason="failed") == 1


async def test_a_client_that_vanishes_is_noticed_within_seconds() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        await vanish(speaker)
        clock = SystemClock()
        began = clock.monotonic()
        async with asyncio.timeout(TIMEOUT_S):
            await house.engine.emptied.wait()
        assert len(house.server.registry) == 0
        assert clock.monotonic() - began < 12
        assert house.engine.slots == {}


async def vanish(client: VoiceClient) -> None:
    """Makes a client go silent, as a machine does that lost its network: its sockets send nothing any more."""
    for transceiver in client.connection.getTransceivers():
        ice = transceiver.receiver.transport.transport._connection
        for protocol in ice._protocols:
            protocol.transport.abort()


async def test_a_microphone_that_sends_nothing_more_leaves_the_face_alive() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        speaker.connection.getSenders()[0].replaceTrack(None)
        live = house.server.registry.session(speaker.location.rpartition("/")[2])
        await speaker.frames(len(speaker.messages) + 20)  # what was under way
        last_audio_at = live.session.last_audio_at
        seen = len(speaker.messages)
        frames = (await speaker.frames(seen + 60))[seen:]
        assert np.diff([frame.media_time for frame in frames]).max() < 4 * 960
        assert not any(frame.discontinuity for frame in frames)
        assert live.session.last_audio_at == last_audio_at, "it counts as idle all the same"


async def test_an_idle_session_is_ended() -> None:
    clock = ManualClock()
    async with open_house(clock=clock) as house:
        speaker = VoiceClient(house.http)
        await speaker.connect("/whip")
        await speaker.event("hello")
        clock.advance(299)
        house.server.registry.sweep()
        assert len(house.server.registry) == 1
        live = house.server.registry.session(speaker.location.rpartition("/")[2])
        clock.advance(live.session.last_audio_at + 300.5 - clock.now)
        house.server.registry.sweep()
        assert (await speaker.event("bye"))["reason"] == "idle"
        assert len(house.server.registry) == 0
        assert house.engine.slots == {}
        await speaker.close()


async def test_a_client_that_never_connects_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream_engine.transport.peer.CONNECT_TIMEOUT_S", 0.1)
    async with open_house() as house:
        silent = VoiceClient(house.http)
        answer = await house.http.post(
            "/whip", content=await silent.offer(), headers={"Content-Type": "application/sdp"}
        )
        assert answer.status_code == 201
        async with asyncio.timeout(TIMEOUT_S):
            await house.engine.emptied.wait()
        assert len(house.server.registry) == 0
        await silent.close()
        await house.quiet()
        assert house.engine.slots == {}


async def test_shutting_down_says_goodbye_and_takes_no_more() -> None:
    async with open_house() as house:
        speaker = await house.speaker()
        viewer = await house.viewer(speaker)
        assert (await house.http.get("/readyz")).status_code == 200
        await house.server.registry.drain()
        assert (await speaker.event("bye"))["reason"] == "shutting_down"
        assert (await viewer.event("bye"))["reason"] == "shutting_down"
        assert house.engine.slots == {}
        ready = await house.http.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "draining")
        assert (await house.http.get("/healthz")).status_code == 200
        refused = await post_offer(house)
        assert (refused.status_code, refused.json()["code"]) == (503, "shutting_down")
        assert refused.headers["retry-after"]


async def post_offer(house: House, path: str = "/whip", **headers: str) -> httpx.Response:
    client = VoiceClient(house.http, viewer=path.startswith("/whep"))
    offer = await client.offer()
    await client.close()
    return await house.http.post(path, content=offer, headers={"Content-Type": "application/sdp", **headers})


async def test_no_more_than_so_many() -> None:
    async with open_house(max_sessions="1", max_viewers="1") as house:
        speaker = await house.speaker()
        full = await post_offer(house)
        assert (full.status_code, full.json()["code"]) == (503, "full")
        assert full.headers["retry-after"]
        await house.viewer(speaker)
        full = await post_offer(house, speaker.location.replace("whip", "whep"))
        assert (full.status_code, full.json()["code"]) == (503, "viewers_full")


async def test_an_engine_without_room_or_not_ready() -> None:
    async with open_house(engine=DirectEngine(free=0)) as house:
        full = await post_offer(house)
        assert (full.status_code, full.json()["code"]) == (503, "full")
        house.engine.ready = False
        early = await post_offer(house)
        assert (early.status_code, early.json()["code"]) == (503, "not_ready")
        assert (await house.http.get("/readyz")).status_code == 503
        await house.quiet()


async def test_sessions_open_and_close_without_a_trace_of_the_others() -> None:
    async with open_house() as house:
        staying = await house.speaker()
        for _ in range(3):
            other = await house.speaker()
            assert len(house.engine.slots) == 2
            await house.http.delete(other.location)
            assert len(house.engine.slots) == 1
        with capture_logs() as lines:
            await staying.frames(len(staying.messages) + 20)
        assert lines == [], "something is logged per frame"

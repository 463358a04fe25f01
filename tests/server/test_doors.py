"""Bad input at every door: a clear refusal, a log line, and no effect on anyone else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.server.house import House, open_house
from tests.transport.sdp_samples import CHROME, VIDEO_ONLY
from tests.transport.voice_client import VoiceClient

pytestmark = pytest.mark.anyio

SDP = {"Content-Type": "application/sdp"}
TRICKLE = {"Content-Type": "application/trickle-ice-sdpfrag"}
CANDIDATE = "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host\r\n"


@contextlib.asynccontextmanager
async def undisturbed(house: House) -> AsyncIterator[VoiceClient]:
    """A live session that must not notice what happens meanwhile: its frames come, each in its place."""
    speaker = await house.speaker()
    yield speaker
    frames = await speaker.frames(len(speaker.messages) + 5)
    assert all(frame.media_time == 960 * frame.sequence for frame in frames)
    # The channel may lose some on a busy machine, and a reset would begin anew.
    assert len(frames) > 0.9 * frames[-1].sequence
    assert not any(frame.discontinuity for frame in frames[1:])
    assert speaker.connection.connectionState == "connected"
    assert len(house.engine.slots) == 1


async def refused(house: House, status: int, code: str, method: str, path: str, **request: object) -> httpx.Response:
    """Makes a request that must be refused with this status and code, and logged once."""
    with capture_logs() as lines:
        answer = await house.http.request(method, path, **request)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["detail"]
    assert [(line["code"], line["status"]) for line in lines if line["event"] == "refused"] == [(code, status)]
    return answer


async def test_every_bad_request_has_its_answer() -> None:
    async with open_house() as house, undisturbed(house) as speaker:
        session = speaker.location
        viewers = session.replace("/whip", "/whep")
        etag = house.server.registry.session(session.rpartition("/")[2]).etag
        for path in ("/whip", viewers):
            for body in ("", "nonsense", "\x00" * 100, "v=0\r\nm=audio x"):
                await refused(house, 400, "malformed_sdp", "POST", path, content=body, headers=SDP)
            await refused(house, 422, "no_audio", "POST", path, content="v=0\r\n", headers=SDP)
            await refused(house, 422, "no_audio", "POST", path, content=VIDEO_ONLY, headers=SDP)
            await refused(house, 415, "wrong_content_type", "POST", path, content=CHROME)
            await refused(house, 415, "wrong_content_type", "POST", path, json={"sdp": CHROME})
            headers = {**SDP, "Accept": "application/json"}
            await refused(house, 406, "not_acceptable", "POST", path, content=CHROME, headers=headers)
            await refused(house, 413, "too_large", "POST", path, content=bytes(70_000), headers=SDP)
            await refused(house, 403, "foreign_origin", "POST", path, headers={"Origin": "https://evil.example"})
            await refused(house, 403, "foreign_host", "POST", path, headers={"Host": "evil.example"})
            await refused(house, 405, "method_not_allowed", "PUT", path)
        for query in (
            "look_ahead_ms=50",
            "look_ahead_ms=-20",
            "look_ahead_ms=x",
            "seed=-1",
            "seed=99999999999",
            "seed=",
        ):
            await refused(house, 400, "bad_parameter", "POST", f"/whip?{query}", content=CHROME, headers=SDP)
        await refused(house, 422, "wrong_direction", "POST", viewers, content=CHROME, headers=SDP)

        for path in ("/whip/unknown", "/whep/unknown/x", viewers + "/unknown"):
            code = "unknown_viewer" if path.startswith(viewers) else "unknown_session"
            await refused(house, 404, code, "DELETE", path)
            await refused(house, 404, code, "PATCH", path, content=CANDIDATE, headers=TRICKLE)
        await refused(house, 404, "unknown_session", "POST", "/whep/unknown", content=CHROME, headers=SDP)
        await refused(house, 404, "not_found", "GET", "/nothing/here")

        await refused(house, 415, "wrong_content_type", "PATCH", session, content=CANDIDATE, headers=SDP)
        await refused(house, 400, "malformed_sdp", "PATCH", session, content="x", headers=TRICKLE)
        await refused(house, 413, "too_large", "PATCH", session, content=bytes(70_000), headers=TRICKLE)
        restart = "a=ice-ufrag:other\r\n" + CANDIDATE
        await refused(house, 422, "ice_restart", "PATCH", session, content=restart, headers=TRICKLE)
        headers = {**TRICKLE, "If-Match": '"other"'}
        await refused(house, 412, "wrong_etag", "PATCH", session, content=CANDIDATE, headers=headers)
        headers = {**TRICKLE, "If-Match": etag}
        answer = await house.http.patch(session, content=CANDIDATE, headers=headers)
        assert (answer.status_code, answer.headers["etag"]) == (204, etag)
        assert (house.metric("refusals_total", code="malformed_sdp") or 0) > 5
        assert house.metric("sessions_opened_total") == 1


async def test_options_tell_what_a_door_takes() -> None:
    async with open_house() as house:
        door = await house.http.options("/whip")
        assert (door.status_code, door.headers["accept-post"]) == (204, "application/sdp")
        resource = await house.http.options("/whip/any")
        assert "PATCH" in resource.headers["allow"]
        assert (await house.http.options("/whep/any")).status_code == 204
        assert (await house.http.options("/whep/any/other")).status_code == 204


async def test_an_allowed_origin_gets_cross_origin_headers() -> None:
    async with open_house(allowed_origins="https://page.example") as house:
        headers = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
        preflight = await house.http.options("/whip", headers=headers)
        assert preflight.headers["access-control-allow-origin"] == "https://page.example"
        config = await house.http.get("/api/config", headers={"Origin": "https://page.example"})
        assert "Location" in config.headers["access-control-expose-headers"]
        headers["Origin"] = "https://evil.example"
        assert (await house.http.options("/whip", headers=headers)).status_code == 403


async def test_config_keeps_turn_credentials_for_those_with_the_token() -> None:
    turn = '[{"urls": "turn:t.example", "username": "u", "credential": "p"}, "stun:s.example"]'
    async with open_house(token="s3cret", ice_servers=turn) as house:
        config = (await house.http.get("/api/config")).json()
        assert config == {"version": 1, "ice_servers": [], "look_ahead_ms": 60, "token_required": True}
        bearer = {"Authorization": "Bearer s3cret"}
        config = (await house.http.get("/api/config", headers=bearer)).json()
        assert config["ice_servers"][0] == {"urls": "turn:t.example", "username": "u", "credential": "p"}
        await refused(house, 401, "bad_token", "POST", "/whip", content=CHROME, headers=SDP)


async def test_links_name_the_ice_servers() -> None:
    # TEST-NET addresses: nobody answers, and nobody is asked for a name.
    turn = '[{"urls": "turn:192.0.2.1?transport=tcp", "username": "u", "credential": "p"}]'
    async with open_house(ice_servers=turn) as house:
        client = VoiceClient(house.http)
        answer = await house.http.post("/whip", content=await client.offer(), headers=SDP)
        assert answer.headers.get_list("link") == [
            '<turn:192.0.2.1?transport=tcp>; rel="ice-server"; username="u"; credential="p"; credential-type="password"'
        ]
        await house.http.delete(answer.headers["location"])
        await client.close()


async def test_metrics_and_health() -> None:
    async with open_house() as house, undisturbed(house):
        text = (await house.http.get("/metrics")).text
        for name in (
            "sessions 1.0", "viewers 0.0", "tick_lateness_seconds_bucket", 'stage_seconds_count{stage="model"}',
            'dropped_frames_total{reason="congested"} 0.0', "turns_total", "model_seconds_total", "packets_lost_total",
            "packets_concealed_total", "sleeping_slots 0.0",
        ):  # fmt: skip
            assert f"stream_engine_{name}" in text
        assert (await house.http.get("/healthz")).json() == {"status": "alive"}


@pytest.mark.parametrize("payload", [b"\x16\x03\x01" + bytes(200), b"GET / HTTP/9.9\r\n\r\n", b"\xff" * 500])
async def test_bytes_that_are_no_http(payload: bytes) -> None:
    async with open_house() as house, undisturbed(house):
        url = house.http.base_url
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(payload + b"\r\n\r\n")
        async with asyncio.timeout(10):
            assert b"400" in (await reader.read())[:20]
        writer.close()
        await writer.wait_closed()


def test_random_bodies_on_every_door() -> None:
    """One house for all examples; hypothesis cannot await, so its examples are drawn first."""
    bodies: list[tuple[str, str, bytes]] = []
    doors = [("POST", "/whip"), ("POST", "/whep/{}"), ("PATCH", "/whip/{}"), ("DELETE", "/whip/x"), ("PATCH", "/x")]

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], database=None, derandomize=True)
    @given(st.sampled_from(doors), st.binary(max_size=400))
    def draw(door: tuple[str, str], body: bytes) -> None:
        bodies.append((*door, body))

    draw()

    async def knock() -> None:
        async with open_house() as house, undisturbed(house) as speaker:
            session = speaker.location.rpartition("/")[2]
            for method, path, body in bodies:
                headers = SDP if method == "POST" else TRICKLE
                answer = await house.http.request(method, path.format(session), content=body, headers=headers)
                assert 400 <= answer.status_code < 500
                assert answer.json()["detail"]

    asyncio.run(knock())

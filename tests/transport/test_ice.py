"""What we turn in aioice is still there to be turned, and nobody outside is asked for anything."""

import aioice.ice
import pytest

from stream_engine.settings import IceServer
from stream_engine.transport.ice import (
    CONSENT_FAILURES,
    CONSENT_INTERVAL_S,
    link_headers,
    prepare_ice,
    rtc_configuration,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_loopback_is_a_candidate_and_comes_first() -> None:
    prepare_ice()
    prepare_ice()
    connection = aioice.ice.Connection(ice_controlling=False)
    await connection.gather_candidates()
    hosts = [candidate.host for candidate in connection.local_candidates]
    await connection.close()
    assert hosts[0] == "127.0.0.1"
    assert hosts.count("127.0.0.1") == 1


def test_consent_is_asked_often_enough_to_notice_within_seconds() -> None:
    prepare_ice()
    assert (aioice.ice.CONSENT_INTERVAL, aioice.ice.CONSENT_FAILURES) == (CONSENT_INTERVAL_S, CONSENT_FAILURES)
    assert CONSENT_FAILURES * (CONSENT_INTERVAL_S * 1.2 + 0.5) < 10


def test_no_ice_servers_means_none() -> None:
    assert rtc_configuration(()).iceServers == []
    assert link_headers(()) == []


def test_ice_servers_are_used_and_told() -> None:
    servers = (
        IceServer(urls="stun:s.example:3478"),
        IceServer(urls="turn:t.example?transport=udp", username="u", credential="p"),
    )
    used = rtc_configuration(servers).iceServers
    assert used is not None
    assert [(server.urls, server.username, server.credential) for server in used] == [
        ("stun:s.example:3478", None, None),
        ("turn:t.example?transport=udp", "u", "p"),
    ]
    assert link_headers(servers) == [
        '<stun:s.example:3478>; rel="ice-server"',
        '<turn:t.example?transport=udp>; rel="ice-server"; username="u"; credential="p"; credential-type="password"',
    ]

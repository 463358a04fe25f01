"""What we need of ICE beyond what aiortc and aioice do by themselves.

aioice leaves loopback addresses out of its candidates, asks for consent every 5 s with 6 failures allowed (so a closed
tab is noticed after half a minute), and both are module-level values without a setting. :func:`prepare_ice` turns them
once, for the process.
"""

from typing import Final

import aioice.ice
from aiortc import RTCConfiguration, RTCIceServer

from stream_engine.settings import IceServer

CONSENT_INTERVAL_S: Final = 1
"""Mean time between two consent checks (RFC 7675 asks for 5 s towards strangers on the Internet; ours talk anyway)."""
CONSENT_FAILURES: Final = 4
"""Unanswered checks in a row, each waiting 0.5 s, after which the other side is gone: about 6 s."""

_LOOPBACK: Final = "127.0.0.1"
_original_host_addresses = aioice.ice.get_host_addresses


def _host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """Loopback first, then the host's own addresses.

    Loopback lets a page on this machine connect where there is no network; a browser that keeps loopback out of its
    own candidates reaches us by the host's other addresses.
    """
    loopback = [_LOOPBACK] if use_ipv4 else []
    return loopback + [address for address in _original_host_addresses(use_ipv4, use_ipv6) if address != _LOOPBACK]


def prepare_ice() -> None:
    """Makes loopback a candidate and a vanished peer noticed within seconds; calling it again changes nothing."""
    aioice.ice.get_host_addresses = _host_addresses
    aioice.ice.CONSENT_INTERVAL = CONSENT_INTERVAL_S
    aioice.ice.CONSENT_FAILURES = CONSENT_FAILURES


def rtc_configuration(servers: tuple[IceServer, ...]) -> RTCConfiguration:
    """A configuration with exactly these servers (aiortc's default asks a public STUN server)."""
    return RTCConfiguration(
        iceServers=[
            RTCIceServer(urls=server.urls, username=server.username, credential=server.credential) for server in servers
        ]
    )


def link_headers(servers: tuple[IceServer, ...]) -> list[str]:
    """`Link` header values that tell a client our ICE servers (RFC 9725 §4.6)."""
    links = []
    for server in servers:
        link = f'<{server.urls}>; rel="ice-server"'
        if server.username is not None and server.credential is not None:
            link += f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
        links.append(link)
    return links

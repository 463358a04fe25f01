"""Fixtures of the transport's tests."""

import aioice.ice
import pytest


@pytest.fixture
def loopback_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets ICE use 127.0.0.1, which aioice leaves out: such a test works on a machine without any network."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])

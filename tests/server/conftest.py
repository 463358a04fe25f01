"""Fixtures of the server's tests."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Tests marked `anyio` run on asyncio, the only loop aiortc knows."""
    return "asyncio"

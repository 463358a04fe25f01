"""A real server on a free port of the loopback, in the test's own event loop."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import uvicorn

from stream_engine.clock import ManualClock, SystemClock
from stream_engine.server import StreamServer
from stream_engine.settings import load_settings
from tests.server.direct_engine import DirectEngine
from tests.transport.voice_client import TIMEOUT_S, VoiceClient


class House:
    """A running server and a client's way to it.

    Attributes:
        server: the server.
        engine: its engine, a test's own.
        http: speaks to it.
    """

    def __init__(self, server: StreamServer, engine: DirectEngine, http: httpx.AsyncClient) -> None:
        self.server = server
        self.engine = engine
        self.http = http
        self._clients: list[VoiceClient] = []
        self._before = asyncio.all_tasks()

    async def speaker(self, path: str = "/whip") -> VoiceClient:
        """A connected speaker whose motion flows."""
        client = VoiceClient(self.http)
        self._clients.append(client)
        await client.connect(path)
        await client.frames(3)
        return client

    async def viewer(self, speaker: VoiceClient) -> VoiceClient:
        """A connected viewer of a speaker's session."""
        client = VoiceClient(self.http, viewer=True)
        self._clients.append(client)
        await client.connect(speaker.location.replace("/whip", "/whep"))
        await client.frames(3)
        return client

    def metric(self, name: str, **labels: str) -> float | None:
        """A metric's value."""
        return self.server.metrics.registry.get_sample_value(f"stream_engine_{name}", labels)

    async def close_clients(self) -> None:
        """Closes every client's connection."""
        for client in self._clients:
            await client.close()
        self._clients.clear()

    async def quiet(self) -> None:
        """Waits until no task runs that was not there when the house was opened; fails by time-out, naming them."""
        gc.collect()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                while left := {task for task in asyncio.all_tasks() if not task.done()} - self._before:
                    await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise AssertionError(f"still running: {[(task.get_name(), task.get_coro()) for task in left]}") from None


class _Uvicorn(uvicorn.Server):
    """Tells when it listens, and leaves signals to pytest."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def open_house(
    *, engine: DirectEngine | None = None, clock: ManualClock | None = None, **flags: str
) -> AsyncIterator[House]:
    """Starts a server; stops it again, its clients too, and sees that nothing of them is left."""
    engine = engine or DirectEngine()
    server = StreamServer(load_settings({"port": "0", **flags}), engine, clock or SystemClock())
    http_server = _Uvicorn(uvicorn.Config(server.app, port=0, log_config=None, access_log=False))
    serving = asyncio.create_task(http_server.serve(), name="serve")
    try:
        await engine.started.wait()
        await http_server.listening.wait()
        port = http_server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=TIMEOUT_S) as http:
            house = House(server, engine, http)
            try:
                yield house
            finally:
                await house.close_clients()
    finally:
        http_server.should_exit = True
        await serving
    assert engine.slots == {}, "a slot outlived the server"

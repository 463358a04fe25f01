"""The server: a FastAPI app around the session registry, and its life from start to drain."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from stream_engine.clock import Clock
from stream_engine.engine import Engine, EngineStartError
from stream_engine.logs import get_logger
from stream_engine.metrics import CONTENT_TYPE, Metrics
from stream_engine.security import Gate, Refusal, refusal_response, report_refusal, token_matches
from stream_engine.session_registry import SessionRegistry
from stream_engine.settings import Settings
from stream_engine.studio import Studio
from stream_engine.transport.ice import prepare_ice
from stream_engine.transport.messages import PROTOCOL_VERSION
from stream_engine.transport.whep import whep_router
from stream_engine.transport.whip import whip_router

EXIT_NOT_STARTED: Final = 3
"""Exit code of a server that could not start."""

_log = get_logger(__name__)
_CODES = {404: "not_found", 405: "method_not_allowed"}
_DETAILS = {404: "There is nothing here; docs/protocol.md lists the doors.", 405: "See the Allow header."}


class StreamServer:
    """Everything one server process owns on its event loop.

    Args:
        settings: how it is set.
        engine: started and stopped along with the app.
        clock: source of time.

    Attributes:
        app: the ASGI application, guarded.
        registry: its sessions.
        metrics: what it counts.
        on_engine_failed: called if the engine cannot start; the server is of no use then.
    """

    def __init__(self, settings: Settings, engine: Engine, clock: Clock) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.metrics.follow_engine(engine)
        self.registry = SessionRegistry(settings, engine, clock, self.metrics)
        self._engine = engine
        self.on_engine_failed: Callable[[], None] = lambda: None
        prepare_ice()
        self.app: ASGIApp = Gate(self._routes(), settings, self.metrics)

    def _routes(self) -> ASGIApp:
        app = FastAPI(lifespan=self._lifespan, docs_url=None, redoc_url=None, openapi_url=None)
        app.add_exception_handler(Refusal, self._on_refusal)
        app.add_exception_handler(HTTPException, self._on_http_exception)
        app.add_exception_handler(Exception, self._on_fault)
        app.include_router(whip_router(self.registry, self.settings))
        app.include_router(whep_router(self.registry, self.settings))
        app.get("/api/config")(self._config)
        app.get("/healthz")(self._healthz)
        app.get("/readyz")(self._readyz)
        app.get("/metrics")(self._metrics_text)
        app.mount("/", Studio(self.settings.web_dir))
        if not self.settings.allowed_origins:
            return app
        return CORSMiddleware(
            app,
            allow_origins=self.settings.allowed_origins,
            allow_methods=["DELETE", "GET", "OPTIONS", "PATCH", "POST"],
            allow_headers=["Authorization", "Content-Type", "If-Match"],
            expose_headers=["ETag", "Link", "Location", "X-Session-Id"],
        )

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        # The doors open at once and say 503 until the engine answers: its first start exports the network.
        starting = asyncio.get_running_loop().create_task(self._start_engine(), name="engine-start")
        self.registry.start()
        try:
            yield
        finally:
            await self.registry.drain()
            starting.cancel()
            await asyncio.wait([starting])
            await self._engine.stop()

    async def _start_engine(self) -> None:
        try:
            await self._engine.start()
        except EngineStartError as error:
            _log.error("engine_start_failed", detail=str(error))
            self.on_engine_failed()
        else:
            _log.info("ready", max_sessions=self.settings.max_sessions, backend=self.settings.engine_backend)

    async def _config(self, request: Request) -> Response:
        # Open, so that a page can ask for the token; what that guards (TURN credentials) is left out until then.
        trusted = token_matches(request.headers.get("authorization"), self.settings)
        servers = self.settings.ice_servers if trusted else ()
        body = {
            "version": PROTOCOL_VERSION,
            "ice_servers": [server.model_dump(exclude_none=True) for server in servers],
            "look_ahead_ms": self.settings.look_ahead_ms,
            "token_required": self.settings.token is not None,
        }
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    async def _healthz(self) -> Response:
        return JSONResponse({"status": "alive"}, headers={"Cache-Control": "no-store"})

    async def _readyz(self) -> Response:
        ready = self.registry.ready
        status = "ready" if ready else "draining" if self.registry.draining else "engine not ready"
        return JSONResponse({"status": status}, 200 if ready else 503, headers={"Cache-Control": "no-store"})

    async def _metrics_text(self) -> Response:
        return Response(self.metrics.render(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    async def _on_refusal(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        report_refusal(error, request.scope, self.metrics)
        return refusal_response(error)

    async def _on_http_exception(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code, detail = _CODES.get(error.status_code, "refused"), _DETAILS.get(error.status_code, error.detail)
        refusal = Refusal(error.status_code, code, detail, dict(error.headers or {}))
        return await self._on_refusal(request, refusal)

    async def _on_fault(self, request: Request, error: Exception) -> Response:
        # The traceback follows by itself: Starlette raises the exception again for uvicorn to log.
        _log.error("request_failed", method=request.method, path=request.url.path[:200], error=repr(error)[:200])
        return refusal_response(Refusal(500, "internal", "The server failed at this request; its log says why."))


class _Uvicorn(uvicorn.Server):
    """A uvicorn server that lets our sessions say goodbye before it stops listening.

    Attributes:
        exit_code: 0, or 3 if it could not start.
    """

    def __init__(self, config: uvicorn.Config, registry: SessionRegistry, *, token: bool) -> None:
        super().__init__(config)
        self._token = token
        self.exit_code = 0
        self._registry = registry
        self._draining: asyncio.Task[None] | None = None

    def fail(self) -> None:
        """Stops because there is nothing to serve with."""
        self.exit_code = EXIT_NOT_STARTED
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, and says where."""
        await super().startup(sockets)
        if self.started:
            scheme = "https" if self.config.is_ssl else "http"
            for listener in (sock for server in self.servers for sock in server.sockets):
                host, port = listener.getsockname()[:2]
                url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
                _log.info("listening", url=url, token=self._token)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT drain."""
        loop = asyncio.get_running_loop()

        def on_signal(number: int, _: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._on_signal, number)

        before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int) -> None:
        name = signal.Signals(number).name
        if self._draining is None:
            _log.info("draining", signal=name, sessions=len(self._registry))
            self._draining = asyncio.get_running_loop().create_task(self._drain(), name="drain")
        elif number == signal.SIGINT:  # a second Ctrl-C; supervisors repeat SIGTERM without meaning it
            _log.warning("stopping_at_once", signal=name)
            self.should_exit = self.force_exit = True

    async def _drain(self) -> None:
        try:
            await self._registry.drain()
        finally:
            self.should_exit = True


def serve(settings: Settings, engine: Engine, clock: Clock) -> int:
    """Runs the server until it is told to stop.

    Returns:
        Exit code: 0 after a drain, 3 if server or engine could not start.
    """
    server = StreamServer(settings, engine, clock)
    try:
        # Before the engine starts, which takes seconds and two cores.
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.create_server((settings.host.strip("[]"), settings.port), family=family, backlog=2048)
    except OSError as error:
        _log.error("cannot_listen", host=settings.host, port=settings.port, detail=str(error))
        return EXIT_NOT_STARTED
    config = uvicorn.Config(
        server.app,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        ws="websockets-sansio",
    )
    http = _Uvicorn(config, server.registry, token=settings.token is not None)
    server.on_engine_failed = http.fail
    http.run(sockets=[listener])
    return http.exit_code if http.started else EXIT_NOT_STARTED

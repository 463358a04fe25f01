"""Who may call: Host, Origin, token and size are checked before any handler runs.

A server on loopback is still reachable by every page the person's browser opens. So the Host header must name this
server (a page that rebinds its own DNS name to 127.0.0.1 sends that name), and an Origin header, which browsers add to
every cross-origin request and to every POST, must be this server's own or one that was allowed.
"""

import hmac
import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stream_engine.logs import get_logger
from stream_engine.metrics import Metrics
from stream_engine.settings import Settings, is_loopback

MAX_BODY_BYTES: Final = 64 * 1024
"""Longest request body accepted."""
RETRY_AFTER_S: Final = 5
"""What a 503 advises."""

_log = get_logger(__name__)
_DEFAULT_PORTS = {"http": 80, "https": 443}
# The page and its parts, and what a load balancer asks, are open; /api/config tells whether a token is needed.
_TOKEN_PATHS = ("/whip", "/whep", "/metrics")
_SECURITY_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "microphone=(self), camera=(), geolocation=()",
    "cross-origin-resource-policy": "same-origin",
    # three.js decodes textures from blob: URLs and may run decoders as WebAssembly in workers.
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' blob: data:; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
}


class Refusal(Exception):  # noqa: N818 - it is one: an answer, not a fault of ours
    """A request we do not serve, as the client is told.

    Attributes:
        status: HTTP status, 4xx or 5xx.
        code: stable identifier.
        detail: what is wrong and what to do.
        headers: further response headers.
    """

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        if status == 503:
            self.headers.setdefault("Retry-After", str(RETRY_AFTER_S))
        if status == 401:
            self.headers.setdefault("WWW-Authenticate", 'Bearer realm="stream-engine"')


def refusal_response(refusal: Refusal) -> JSONResponse:
    """The answer that tells a refusal, as docs/protocol.md has it."""
    body = {"code": refusal.code, "detail": refusal.detail}
    return JSONResponse(body, refusal.status, headers={**refusal.headers, "Cache-Control": "no-store"})


def report_refusal(refusal: Refusal, scope: Scope, metrics: Metrics) -> None:
    """Logs and counts a refusal."""
    metrics.refusals.labels(refusal.code).inc()
    client = scope.get("client")
    _log.warning(
        "refused",
        code=refusal.code,
        status=refusal.status,
        method=scope["method"],
        path=scope["path"][:200],
        client=client[0] if client else None,
        detail=refusal.detail[:300],
    )


def token_matches(authorization: str | None, settings: Settings) -> bool:
    """Whether an Authorization header carries the token, compared in constant time (True where none is set)."""
    if settings.token is None:
        return True
    scheme, _, given = (authorization or "").partition(" ")
    wanted = settings.token.get_secret_value()
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), wanted.encode())


def check_host(host: str | None, settings: Settings) -> None:
    """Checks that a request was meant for this server.

    Args:
        host: the Host header.
        settings: what this server may be called.

    Raises:
        Refusal: 403, the header is missing, malformed or names another server.
    """
    name = _host_name(host)
    if name is None:
        raise Refusal(400, "bad_host", "The Host header is missing or malformed.")
    if is_loopback(name) or name == settings.host.lower().strip("[]") or name in _names(settings):
        return
    # Rebinding takes a DNS name: a literal address reached us because it is ours.
    if not settings.loopback and _is_address(name):
        return
    raise Refusal(
        403, "foreign_host", f"This server is not known as {name[:100]!r}; if it should be, add it to allowed_hosts."
    )


def check_origin(origin: str | None, host: str, settings: Settings) -> None:
    """Checks that a request made by a web page was made by ours or by an allowed one.

    Args:
        origin: the Origin header; absent where no web page is at work.
        host: the Host header, already checked.
        settings: further allowed origins.

    Raises:
        Refusal: 403, another site's page.
    """
    if origin is None or origin.lower() in settings.allowed_origins:
        return
    own = urlsplit(f"//{host}")
    try:
        theirs = urlsplit(origin)
        default = _DEFAULT_PORTS.get(theirs.scheme)
        same = default is not None and (theirs.hostname, theirs.port or default) == (own.hostname, own.port or default)
    except ValueError:
        same = False
    if not same:
        raise Refusal(
            403, "foreign_origin", f"Pages of {origin[:100]!r} may not call this server; see allowed_origins."
        )


class Gate:
    """ASGI middleware: refuses what may not pass, bounds bodies as they stream, adds security headers.

    Args:
        app: what is guarded.
        settings: hosts, origins and token.
        metrics: counts refusals.
    """

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a connection on, or refuses it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        guarded = _with_security_headers(send)
        try:
            self._check(scope)
        except Refusal as refusal:
            await self._refuse(refusal, scope, receive, guarded)
            return
        await self._app(scope, _bounded(receive) if scope["type"] == "http" else receive, guarded)

    def _check(self, scope: Scope) -> None:
        headers: dict[bytes, str] = {}
        for name, value in scope["headers"]:
            if name in headers and name in (b"host", b"origin", b"authorization", b"content-length"):
                raise Refusal(400, "malformed", f"The {name.decode()} header is given twice.")
            headers[name] = value.decode("latin-1")
        host = headers.get(b"host")
        check_host(host, self._settings)
        check_origin(headers.get(b"origin"), host or "", self._settings)
        path = scope["path"]
        guarded = scope.get("method") != "OPTIONS" and any(path == p or path.startswith(p + "/") for p in _TOKEN_PATHS)
        authorization = headers.get(b"authorization")
        # /api/config is open, yet a token that is given must be right.
        if (guarded or (authorization is not None and path.startswith("/api/"))) and not token_matches(
            authorization, self._settings
        ):
            raise Refusal(401, "bad_token", "Send the server's token as 'Authorization: Bearer …'.")
        length = headers.get(b"content-length", "0")
        if length.isdecimal() and int(length) > MAX_BODY_BYTES:
            raise _too_large()

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            scope = {**scope, "method": "WEBSOCKET"}
            report_refusal(refusal, scope, self._metrics)
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})
            return
        report_refusal(refusal, scope, self._metrics)
        await refusal_response(refusal)(scope, receive, send)


def _bounded(receive: Receive) -> Receive:
    """A `receive` that stops a body at the limit, while it streams."""
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY_BYTES:
            raise _too_large()
        return message

    return bounded


def _too_large() -> Refusal:
    return Refusal(
        413, "too_large", f"A body has at most {MAX_BODY_BYTES // 1024} KiB; send less.", {"Connection": "close"}
    )


def _with_security_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *((k.encode(), v.encode()) for k, v in _SECURITY_HEADERS.items() if k.encode() not in present),
            ]
        await send(message)

    return guarded


def _names(settings: Settings) -> set[str]:
    return {name.lower().strip("[]") for name in settings.allowed_hosts}


def _host_name(host: str | None) -> str | None:
    if not host or any(character in host for character in "/@\\ ?#"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname.rstrip(".") if parts.hostname else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

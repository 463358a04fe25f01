"""The gate: Host, Origin, token and size, decided before any handler runs."""

from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from stream_engine.metrics import Metrics
from stream_engine.security import MAX_BODY_BYTES, Gate, Refusal, check_host, check_origin, refusal_response
from stream_engine.settings import Settings, load_settings

LOOPBACK = load_settings({"allowed_hosts": "studio.example"})
WIDE = load_settings({"host": "0.0.0.0", "token": "s3cret", "allowed_hosts": "studio.example"})
NAMED = load_settings({"host": "192.168.1.5", "token": "s3cret"})

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8788", "127.0.0.1:1", "[::1]:8788", "127.9.9.9", "LocalHost.:80", "studio.example"]
)
def test_hosts_that_are_ours(host: str) -> None:
    check_host(host, LOOPBACK)


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("evil.example", "foreign_host"), ("localhost.evil.example", "foreign_host"), ("10.0.0.1", "foreign_host"),
        ("127.0.0.1.evil.example", "foreign_host"), ("", "bad_host"), (None, "bad_host"), ("a b", "bad_host"),
        ("localhost@evil.example", "bad_host"), ("localhost/x", "bad_host"), ("[::1", "bad_host"),
        ("localhost:x", "bad_host"), (":80", "bad_host"),
    ],
)  # fmt: skip
def test_hosts_that_are_not(host: str | None, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_host(host, LOOPBACK)
    assert caught.value.code == code


def test_beyond_loopback_addresses_pass_and_names_do_not() -> None:
    for host in ("192.168.1.5:8788", "[fe80::1]:8788", "studio.example", "localhost"):
        check_host(host, WIDE)
    check_host("192.168.1.5", NAMED)
    with pytest.raises(Refusal, match="allowed_hosts"):
        check_host("rebound.evil.example", WIDE)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "localhost:8788"), ("http://localhost:8788", "localhost:8788"), ("https://localhost", "localhost:443"),
        ("http://127.0.0.1", "127.0.0.1:80"), ("http://[::1]:8788", "[::1]:8788"),
        ("https://Page.example", "localhost:8788"),
    ],
)  # fmt: skip
def test_origins_that_may_call(origin: str | None, host: str) -> None:
    check_origin(origin, host, load_settings({"allowed_origins": "https://page.example"}))


@pytest.mark.parametrize(
    "origin",
    [
        "null", "", "http://evil.example", "http://localhost:8789", "https://localhost:8788.evil.example", "file://",
        "http://localhost", "http://localhost:8788@evil.example", "ftp://localhost:8788", "http://[", "localhost:8788",
        "http://localhost:99999",
    ],
)  # fmt: skip
def test_origins_that_may_not(origin: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_origin(origin, "localhost:8788", LOOPBACK)
    assert (caught.value.status, caught.value.code) == (403, "foreign_origin")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_host_and_origin_are_decided(host: str, origin: str) -> None:
    with suppress(Refusal):
        check_host(host, LOOPBACK)
    with suppress(Refusal):
        check_origin(origin, "localhost:8788", LOOPBACK)


def client(settings: Settings, metrics: Metrics | None = None) -> httpx.AsyncClient:
    async def echo_size(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def refuse(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return refusal_response(error)

    methods = ["GET", "POST", "OPTIONS", "PATCH", "DELETE"]
    paths = ("/", "/whip", "/whip/x", "/whep/x", "/api/config", "/healthz", "/readyz", "/metrics", "/whipped")
    app = Starlette(
        routes=[Route(path, echo_size, methods=methods) for path in paths], exception_handlers={Refusal: refuse}
    )
    transport = httpx.ASGITransport(Gate(app, settings, metrics or Metrics()))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8788")


async def test_the_token_guards_the_doors_and_not_the_page() -> None:
    async with client(WIDE) as http:
        for path in ("/whip", "/whip/x", "/whep/x", "/metrics"):
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cret"}):
                answer = await http.post(path, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")
                assert answer.headers["www-authenticate"].startswith("Bearer")
            assert (await http.post(path, headers={"Authorization": "bearer s3cret"})).status_code == 200
            assert (await http.options(path)).status_code == 200
        for path in ("/", "/healthz", "/readyz", "/api/config", "/whipped"):
            assert (await http.get(path)).status_code == 200
        assert (await http.get("/api/config", headers={"Authorization": "Bearer wrong"})).status_code == 401


async def test_without_a_token_any_is_welcome() -> None:
    async with client(LOOPBACK) as http:
        assert (await http.post("/whip", headers={"Authorization": "Bearer whatever"})).status_code == 200


async def test_bodies_are_bounded_by_their_header_and_as_they_stream() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 4096
            yield bytes(4096)

    async with client(LOOPBACK) as http:
        assert (await http.post("/whip", content=bytes(MAX_BODY_BYTES))).text == str(MAX_BODY_BYTES)
        answer = await http.post("/whip", content=bytes(MAX_BODY_BYTES + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        answer = await http.post("/whip", content=endless())
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert sent <= MAX_BODY_BYTES + 8192, "read on after the limit"


async def test_refusals_are_counted_and_logged() -> None:
    metrics = Metrics()
    async with client(LOOPBACK, metrics) as http:
        with capture_logs() as lines:
            answer = await http.get("/", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert answer.json() == {
        "code": "foreign_origin",
        "detail": "Pages of 'http://evil.example' may not call this server; see allowed_origins.",
    }
    assert metrics.registry.get_sample_value("stream_engine_refusals_total", {"code": "foreign_origin"}) == 1
    assert [(line["event"], line["code"], line["client"]) for line in lines] == [
        ("refused", "foreign_origin", "127.0.0.1")
    ]


async def test_every_answer_carries_the_security_headers() -> None:
    async with client(LOOPBACK) as http:
        for answer in (await http.get("/"), await http.get("/", headers={"Host": "evil.example"})):
            assert answer.headers["permissions-policy"].startswith("microphone=(self)")
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"


async def test_headers_that_decide_are_given_once() -> None:
    async with client(LOOPBACK) as http:
        answer = await http.get("/", headers=[("Host", "localhost"), ("Host", "evil.example")])
    assert answer.status_code == 400

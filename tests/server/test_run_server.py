"""`run_server.py` as people start it, with the engine it ships."""

import asyncio
import datetime
import json
import signal
import ssl
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.transport.voice_client import VoiceClient

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
START_S = 120.0
"""The engine's first start exports the network."""


@asynccontextmanager
async def running(*flags: str) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    """A server process that says it is ready, and a client of it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "run_server.py", "--port", "0", "--log-format", "json", *flags,
        cwd=ROOT, stdout=DEVNULL, stderr=PIPE,
    )  # fmt: skip
    drain: asyncio.Task[None] | None = None
    try:
        assert process.stderr is not None
        told: dict[str, dict[str, Any]] = {}
        async with asyncio.timeout(START_S):
            while not {"listening", "ready"} <= told.keys():
                line = await process.stderr.readline()
                assert line, f"the server ended before it was ready: {told}"
                fact = json.loads(line)
                told[fact["event"]] = fact
        drain = asyncio.create_task(_drain(process.stderr), name="drain-stderr")
        async with httpx.AsyncClient(base_url=told["listening"]["url"], timeout=30) as http:
            yield process, http
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        if drain is not None:
            await drain


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.readline():
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_and_ends_with_code_0(number: signal.Signals) -> None:
    async with running() as (process, http):
        assert (await http.get("/readyz")).status_code == 200
        speaker = VoiceClient(http)
        await speaker.connect("/whip")
        frames = await speaker.frames(50)
        # A busy machine may lose a tick or a frame; what arrives is on the grid and differs.
        times = [frame.media_time for frame in frames]
        assert all(time % 960 == 0 for time in times)
        assert len(set(times)) == len(times)
        assert any(frame.model_ms > 0 for frame in frames)
        process.send_signal(number)
        assert (await speaker.event("bye"))["reason"] == "shutting_down"
        async with asyncio.timeout(15):
            assert await process.wait() == 0
        await speaker.close()


async def test_an_engine_that_cannot_start_ends_with_code_3() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "run_server.py", "--port", "0", "--engine-model", "no-such-model",
        cwd=ROOT, stdout=DEVNULL, stderr=PIPE,
    )  # fmt: skip
    async with asyncio.timeout(START_S):
        _, errors = await process.communicate()
    assert process.returncode == 3
    assert b"engine_start_failed" in errors
    assert b"no-such-model" in errors


async def test_a_taken_port_ends_with_code_3() -> None:
    async with running() as (_, http):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "run_server.py", "--port", str(http.base_url.port), cwd=ROOT, stdout=DEVNULL, stderr=PIPE
        )
        async with asyncio.timeout(START_S):
            _, errors = await process.communicate()
    assert process.returncode == 3
    assert b"cannot_listen" in errors
    assert b"in use" in errors


async def test_an_open_door_without_a_token_is_refused() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "stream_engine", "serve", "--host", "0.0.0.0", cwd=ROOT, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(START_S):
        output, errors = await process.communicate()
    assert (process.returncode, output) == (2, b"")
    assert b"no token is set" in errors


async def test_tls_by_flags(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(certificate, key)
    trust = ssl.create_default_context(cafile=str(certificate))
    flags = ("--tls-cert", str(certificate), "--tls-key", str(key), "--host", "0.0.0.0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STREAM_ENGINE_TOKEN", "s3cret")
        async with running(*flags) as (_, plain):
            assert plain.base_url.scheme == "https"
            async with httpx.AsyncClient(base_url=f"https://localhost:{plain.base_url.port}", verify=trust) as http:
                assert (await http.get("/healthz")).status_code == 200
                assert (await http.post("/whip")).status_code == 401
                assert (await http.get("/healthz", headers={"Origin": str(http.base_url)})).status_code == 200


def write_certificate(certificate: Path, key: Path) -> None:
    """A self-signed certificate for localhost, and its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )

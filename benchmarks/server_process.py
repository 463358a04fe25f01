"""The server as shipped, in a process of its own, for measurements and end-to-end tests."""

import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from stream_engine.clock import Clock, SystemClock

REPOSITORY = Path(__file__).resolve().parents[1]
_POLL_S = 0.1
_STOP_S = 15.0


class ServerStartError(RuntimeError):
    """The server did not become ready; the message ends with its log."""


class ServerProcess:
    """A running server; a context manager.

    Args:
        log: file its output is appended to.
        port: port on loopback; None for a free one.
        command: what to run before the flags; the shipped `run_server.py` by default.
        flags: further command-line flags.
        ready_s: how long it may take to become ready.
    """

    def __init__(
        self,
        log: Path,
        *,
        port: int | None = None,
        command: Sequence[str] = (str(REPOSITORY / "run_server.py"),),
        flags: Sequence[str] = (),
        ready_s: float = 90.0,
        clock: Clock | None = None,
    ) -> None:
        self.port = free_port() if port is None else port
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._arguments = [sys.executable, *command, "--port", str(self.port), *flags]
        self._ready_s = ready_s
        self._clock = clock or SystemClock()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process.pid

    def start(self) -> None:
        """Starts the process and waits until it takes sessions.

        Raises:
            ServerStartError: it ended, or was not ready in time.
        """
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(self._arguments, cwd=REPOSITORY, stdout=out, stderr=subprocess.STDOUT)
        deadline = self._clock.monotonic() + self._ready_s
        pause = threading.Event()
        while not self._is_ready():
            if self._process.poll() is not None or self._clock.monotonic() > deadline:
                ended = self._process.poll()
                self.stop()
                why = f"ended with status {ended}" if ended is not None else f"was not ready in {self._ready_s:.0f} s"
                tail = self.log.read_text(errors="replace")[-3000:]
                raise ServerStartError(f"{' '.join(self._arguments)} {why}; its log ends:\n{tail}")
            pause.wait(_POLL_S)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL where that does not end it."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """SIGKILL: no farewell."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def get(self, path: str) -> str:
        """Body of a GET request."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def _is_ready(self) -> bool:
        try:
            self.get("/readyz")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return True

    def __enter__(self) -> "ServerProcess":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def free_port() -> int:
    """A TCP port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

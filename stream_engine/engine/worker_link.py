"""One worker process and the pipe to it, as the event loop can use them.

A pipe's ends block, so each direction has a thread; the loop only ever hands over and is handed to.
"""

import asyncio
import contextlib
import multiprocessing
import queue
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection

from stream_engine.engine.packets import Notice, Results, unpack_reply
from stream_engine.engine.worker_config import WorkerConfig

_KILL_WAIT_S = 5.0


class WorkerLink:
    """A worker, from its start to its end.

    Args:
        config: what the worker is started with.
        on_reply: called on the loop with each message from the worker.
        on_sent: called on the loop when the message given to `send` was written, and the next may be given.

    Attributes:
        exited: done when the worker is gone; its result is the exit code.
    """

    def __init__(
        self, config: WorkerConfig, on_reply: Callable[[Results | Notice], None], on_sent: Callable[[], None]
    ) -> None:
        self._config = config
        self._on_reply = on_reply
        self._on_sent = on_sent
        self._loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[int | None] = self._loop.create_future()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()  # holds one message at most, see send()
        context = multiprocessing.get_context("spawn")
        self._connection, self._far_end = context.Pipe(duplex=True)
        self._process = context.Process(
            target=_run_worker, args=(self._far_end, config), name="stream-engine-worker", daemon=True
        )
        self._starting: asyncio.Task[None] | None = None
        self._attended = False
        self._sending = False

    @property
    def pid(self) -> int | None:
        """The worker's process id, once started."""
        return self._process.pid

    @property
    def sending(self) -> bool:
        """Whether a message is still being written; give `send` none until it is."""
        return self._sending

    async def start(self) -> None:
        """Starts the process; it has answered when its first message arrives."""
        self._starting = asyncio.create_task(asyncio.to_thread(self._process.start), name="engine-worker-start")
        await asyncio.shield(self._starting)  # a thread cannot be cancelled; close() sees to what it has begun
        self._attend()

    def _attend(self) -> None:
        self._attended = True
        self._far_end.close()
        for name, target in (("reader", self._read), ("writer", self._write)):
            threading.Thread(target=target, name=f"engine-{name}-{self.pid}", daemon=True).start()

    def send(self, message: bytes) -> None:
        """Hands a message to the writer; one at a time."""
        if self._sending:
            raise AssertionError("the message before is still being written")
        self._sending = True
        self._outbox.put(message)

    def kill(self) -> None:
        """Ends the worker at once; `exited` tells when."""
        if self._process.is_alive():
            self._process.kill()

    async def close(self) -> None:
        """Lets the worker end by itself, or ends it; returns when it is gone."""
        if self._starting is not None and not self._attended:  # start() was cancelled on its way, or failed
            await asyncio.wait([self._starting])
            if self._starting.exception() is None:
                self._attend()
            else:
                self._finish(None)
        self.kill()  # it keeps nothing that must be saved
        await asyncio.wait_for(asyncio.shield(self.exited), _KILL_WAIT_S * 2)

    def _read(self) -> None:
        try:
            while True:
                reply = unpack_reply(self._connection.recv_bytes())
                if not self._call(self._on_reply, reply):
                    break
        except (EOFError, OSError):
            pass  # the worker is gone
        self._outbox.put(None)
        self._process.join(_KILL_WAIT_S)
        if self._process.is_alive():  # it closed its pipe but lives on: of no use to anybody
            self._process.kill()
            self._process.join(_KILL_WAIT_S)
        self._call(self._finish, self._process.exitcode)

    def _write(self) -> None:
        # The outbox ends with None, put there by the reader; a worker that stopped reading is killed, and breaks this.
        while (message := self._outbox.get()) is not None:
            with contextlib.suppress(OSError):  # the reader sees the end too, and tells
                self._connection.send_bytes(message)
            self._call(self._sent)

    def _sent(self) -> None:
        self._sending = False
        self._on_sent()

    def _finish(self, exit_code: int | None) -> None:
        self._connection.close()
        if not self.exited.done():
            self.exited.set_result(exit_code)

    def _call(self, function: Callable[..., None], *arguments: object) -> bool:
        """Calls on the loop; false if the loop is closed."""
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            return False
        return True


def _run_worker(connection: Connection, config: WorkerConfig) -> None:
    from stream_engine.engine.worker import run_worker  # networks' libraries load in the worker's process alone

    run_worker(connection, config)

"""The worker process: owns the network, steps its slots, knows nothing of sessions.

It lives as long as its pipe: when the network process dies, the pipe ends and so does the worker.
"""

import gc
import os
import signal
import traceback
from dataclasses import asdict
from multiprocessing.connection import Connection

from stream_engine.clock import SystemClock
from stream_engine.ear.vad import BatchedVad, VadError
from stream_engine.engine import EngineError
from stream_engine.engine.backend_choice import load_backend
from stream_engine.engine.batch import BatchCore, WaitingTick
from stream_engine.engine.packets import BLINK, OPEN, pack_notice, pack_result, unpack_batch
from stream_engine.engine.worker_config import WorkerConfig


def run_worker(connection: Connection, config: WorkerConfig) -> None:
    """The process' main function: loads, says hello, steps until the pipe ends."""
    # Ctrl-C, and a service manager's SIGTERM, go to the whole group; the network process drains first, then ends us.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    try:
        core, hello = _load(config)
    except Exception as error:  # whatever it is, the network process must hear of it
        detail = str(error) if isinstance(error, EngineError) else traceback.format_exc(limit=-4)
        _tell(connection, pack_notice(0, {"kind": "fatal", "detail": detail}))
        return
    gc.collect()
    gc.freeze()  # what is loaded stays; collections in mid-stream need not look at it
    if _tell(connection, pack_notice(0, hello)):
        _serve(connection, core)


def _load(config: WorkerConfig) -> tuple[BatchCore, dict[str, object]]:
    backend = load_backend(config.backend, config.model, slots=config.slots, threads=config.threads)
    vad: BatchedVad | VadError
    try:
        vad = BatchedVad(config.slots)
    except VadError as error:
        vad = error
    core = BatchCore(backend, vad, SystemClock(), sleep_after_s=config.sleep_after_s)
    return core, {"kind": "hello", "pid": os.getpid(), **asdict(backend.facts)}


def _serve(connection: Connection, core: BatchCore) -> None:
    acknowledged = 0
    while True:
        try:
            # Asleep when idle; otherwise take in everything that has arrived, and step it as one batch.
            while not core.waiting or connection.poll(0):
                acknowledged = _take(connection.recv_bytes(), core)
                if not core.waiting and not connection.poll(0):
                    connection.send_bytes(pack_notice(acknowledged, {"kind": "idle"}))
            result = core.step()
            if result is not None and len(result.rows):
                connection.send_bytes(pack_result(acknowledged, result))
            if failures := core.take_failures():
                body = {"kind": "failures", "failures": [list(failure) for failure in failures]}
                connection.send_bytes(pack_notice(acknowledged, body))
        except (EOFError, OSError):  # the network process is gone
            return


def _take(data: bytes, core: BatchCore) -> int:
    """Hands one batch to the core; returns its number."""
    batch = unpack_batch(data)
    for kind, row, epoch, look_ahead, seed, blinks in batch.changes.tolist():
        if kind == OPEN:
            core.open(row, epoch=epoch, look_ahead=look_ahead, seed=seed, blinks_per_minute=blinks)
        elif kind == BLINK:
            core.blink(row, epoch, blinks)
        else:
            core.close(row)
    samples = batch.ticks["samples"]
    facts = batch.ticks[["row", "epoch", "index", "handed_at", "ear_ms"]].tolist()
    for i, (row, epoch, index, handed_at, ear_ms) in enumerate(facts):
        core.push(row, epoch, WaitingTick(index, handed_at, ear_ms, samples[i]))
    return batch.number


def _tell(connection: Connection, message: bytes) -> bool:
    try:
        connection.send_bytes(message)
    except OSError:  # nobody is left to hear it
        return False
    return True

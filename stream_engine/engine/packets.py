"""Messages between the network process and the worker: one per turn of the event loop, packed as numpy records.

To the worker: a batch, the changes to slots and then the ticks of one turn, numbered. From it: results of a step, or a
notice (JSON); each acknowledges the last batch read. Both ends run the same code on the same machine, so native byte
order is right.
"""

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from stream_engine.clock import TICK_SAMPLES

if TYPE_CHECKING:  # the network process packs batches and unpacks results; it needs no network
    from stream_engine.engine.batch import StepResult

OPEN: Final = 1
CLOSE: Final = 2
BLINK: Final = 3

CHANGE = np.dtype(
    [
        ("kind", "u1"),
        ("row", "u4"),
        ("epoch", "u4"),
        ("look_ahead", "u4"),
        ("seed", "u8"),
        ("blinks_per_minute", "f4"),
    ]
)
"""Opens (or reopens) a slot, closes it, or changes how often it blinks."""
TICK = np.dtype(
    [
        ("row", "u4"),
        ("epoch", "u4"),
        ("index", "i8"),
        ("handed_at", "f8"),
        ("ear_ms", "f4"),
        ("samples", "f4", TICK_SAMPLES),
    ]
)
"""One tick of one slot."""

_BATCH_HEAD: Final = struct.Struct("=QII")
_REPLY_HEAD: Final = struct.Struct("=cQIId")
_RESULT: Final = b"R"
_NOTICE: Final = b"N"


def result_dtype(channels: int) -> np.dtype[np.void]:
    """One stepped tick, with its frame of so many channels."""
    return np.dtype(
        [
            ("row", "u4"),
            ("epoch", "u4"),
            ("index", "i8"),
            ("look_ahead", "u4"),
            ("fresh", "?"),
            ("asleep", "?"),
            ("ear_ms", "f4"),
            ("queue_ms", "f4"),
            ("model_ms", "f4"),
            ("vad", "f4"),
            ("vad_media_time", "i8"),
            ("channels", "f4", channels),
        ]
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """One turn's changes and ticks.

    Attributes:
        number: counts batches from 1.
        changes: records of `CHANGE`, to be made before the ticks are heard.
        ticks: records of `TICK`.
    """

    number: int
    changes: NDArray[np.void]
    ticks: NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Results:
    """One step's results.

    Attributes:
        acknowledged: number of the last batch the worker has read.
        ended_at: `Clock.monotonic()` at the end of the step.
        records: of `result_dtype`.
    """

    acknowledged: int
    ended_at: float
    records: NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Notice:
    """Anything else the worker says.

    Attributes:
        acknowledged: number of the last batch the worker has read.
        body: `{"kind": "hello" | "fatal" | "failures" | "idle", …}`.
    """

    acknowledged: int
    body: dict[str, Any]


def pack_batch(batch: Batch) -> bytes:
    """To the worker."""
    head = _BATCH_HEAD.pack(batch.number, len(batch.changes), len(batch.ticks))
    return b"".join((head, batch.changes.tobytes(), batch.ticks.tobytes()))


def unpack_batch(data: bytes) -> Batch:
    """In the worker; arrays are views of `data`."""
    number, changes, ticks = _BATCH_HEAD.unpack_from(data)
    start = _BATCH_HEAD.size
    return Batch(
        number,
        np.frombuffer(data, CHANGE, changes, start),
        np.frombuffer(data, TICK, ticks, start + changes * CHANGE.itemsize),
    )


def pack_result(acknowledged: int, step: "StepResult") -> bytes:
    """From the worker."""
    records = np.zeros(len(step.rows), result_dtype(step.channels.shape[1]))
    records["row"] = step.rows
    records["epoch"] = step.epochs
    records["index"] = [tick.index for tick in step.ticks]
    records["look_ahead"] = step.look_ahead
    records["fresh"] = step.fresh
    records["asleep"] = step.asleep
    records["ear_ms"] = [tick.ear_ms for tick in step.ticks]
    records["queue_ms"] = [(step.started_at - tick.handed_at) * 1e3 for tick in step.ticks]
    records["model_ms"] = (step.ended_at - step.started_at) * 1e3
    records["vad"] = step.vad_probability
    records["vad_media_time"] = step.vad_media_time
    records["channels"] = step.channels
    head = _REPLY_HEAD.pack(_RESULT, acknowledged, len(records), step.channels.shape[1], step.ended_at)
    return head + records.tobytes()


def pack_notice(acknowledged: int, body: dict[str, Any]) -> bytes:
    """From the worker."""
    return _REPLY_HEAD.pack(_NOTICE, acknowledged, 0, 0, 0.0) + json.dumps(body).encode()


def unpack_reply(data: bytes) -> Results | Notice:
    """In the network process; arrays are views of `data`."""
    kind, acknowledged, count, channels, ended_at = _REPLY_HEAD.unpack_from(data)
    if kind == _NOTICE:
        return Notice(acknowledged, json.loads(data[_REPLY_HEAD.size :]))
    return Results(acknowledged, ended_at, np.frombuffer(data, result_dtype(channels), count, _REPLY_HEAD.size))

"""The CPU default: the network as an ONNX graph, its state in numpy.

The graph (see `models.thunder.onnx_export`) takes every state tensor and gives its new value, but of the rings of keys
and values only the tick's own row, which is written here at `position mod window`: no cache is ever copied out. Each
thread keeps a part of the slots to itself: that scales, where onnxruntime's own threads hardly do. Where all of a part
is stepped, what comes out simply becomes its state; rows that lie close together are stepped as one slice of it.
"""

import os
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from stream_engine.engine import EngineStartError
from stream_engine.engine.export_cache import exported

_DENSE: Final = 0.7
"""Share of active rows in a slice from which stepping it whole beats gathering (measured: benchmarks.capacity)."""
_BLOCK: Final = 5
"""Neighbouring slots that share a part, since one with a single row hardly costs less than one with a few."""
_TYPES: Final = {"tensor(float)": np.float32, "tensor(int64)": np.int64}


class OnnxBackend:
    """Steps rows through onnxruntime; see `Backend`.

    Attributes:
        facts: about the model.
    """

    def __init__(self, model: str, *, slots: int, threads: int = 0) -> None:
        source = exported(model)
        self.facts = source.facts
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(str(source.graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base class but this
            raise EngineStartError(f"{source.graph} cannot be loaded ({error}); delete it and start again") from error
        threads = threads or max(1, (os.cpu_count() or 1) // 2)
        # Low slots fill first: dealt out in small blocks, they fill all parts alike.
        block, place = np.divmod(np.arange(slots), _BLOCK)
        self._part_of = block % threads
        self._place = block // threads * _BLOCK + place
        self._parts = [_Part(session, int((self._part_of == part).sum())) for part in range(threads)]
        self._pool = ThreadPoolExecutor(threads - 1, "engine-part") if threads > 1 else None

    def step(
        self,
        rows: NDArray[np.int64],
        audio: NDArray[np.float32],
        look_ahead: NDArray[np.int64],
        noise: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """See `Backend.step`."""
        if self._pool is None:
            return self._parts[0].step(rows, audio, look_ahead, noise)
        frames = np.empty((len(rows), self.facts.channels), np.float32)
        part_of, place = self._part_of[rows], self._place[rows]

        def step_part(part: int) -> None:
            mine = np.flatnonzero(part_of == part)
            frames[mine] = self._parts[part].step(place[mine], audio[mine], look_ahead[mine], noise[mine])

        here, *elsewhere = np.unique(part_of).tolist()
        stepped = [self._pool.submit(step_part, part) for part in elsewhere]
        try:
            step_part(here)
        finally:
            wait(stepped)  # whatever went wrong here, nothing of the step is under way when it is told
        for part in stepped:
            part.result()
        return frames

    def reset(self, rows: NDArray[np.int64]) -> None:
        """See `Backend.reset`."""
        for part, state in enumerate(self._parts):
            state.reset(self._place[rows[self._part_of[rows] == part]])


class _Part:
    """The state of some slots, stepped by one thread at a time."""

    def __init__(self, session: onnxruntime.InferenceSession, slots: int) -> None:
        self._session, self._slots = session, slots
        self._outputs = [output.name for output in session.get_outputs()]
        self._rings = [name.removesuffix("_row") for name in self._outputs if name.endswith("_row")]
        self._state: dict[str, NDArray[np.generic]] = {
            tensor.name: np.zeros((slots, *tensor.shape[1:]), _TYPES[tensor.type])
            for tensor in session.get_inputs()
            if tensor.name not in ("audio", "look_ahead", "noise")
        }

    def step(
        self,
        rows: NDArray[np.int64],
        audio: NDArray[np.float32],
        look_ahead: NDArray[np.int64],
        noise: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """As `Backend.step`, rows counted within the part."""
        first, span = int(rows[0]), int(rows[-1] - rows[0]) + 1
        near: slice | NDArray[np.int64] = slice(first, first + span)
        if len(rows) < _DENSE * span:
            near, span = rows, len(rows)
        nobody_idle = len(rows) == span
        chosen: slice | NDArray[np.int64] = slice(None) if nobody_idle else rows - first
        feed: dict[str, NDArray[np.generic]] = {name: state[near] for name, state in self._state.items()}
        for name, value in (("audio", audio), ("look_ahead", look_ahead), ("noise", noise)):
            feed[name] = value if nobody_idle else _spread(value, chosen, span)
        position = self._state["position"][rows].astype(np.int64)
        results = dict(zip(self._outputs, self._session.run(self._outputs, feed), strict=True))
        self._write_rings(rows, position, {name: results.pop(f"{name}_row")[chosen] for name in self._rings})
        frames: NDArray[np.float32] = results.pop("frames")[chosen]
        idle = np.empty(0, np.int64) if nobody_idle else np.delete(np.arange(span), chosen)
        for name, new in results.items():
            old = self._state[name.removesuffix("_out")]
            if len(idle):
                new[idle] = old[near][idle]
            if span == self._slots:
                self._state[name.removesuffix("_out")] = new
            else:
                old[near] = new
        return frames

    def _write_rings(
        self, rows: NDArray[np.int64], position: NDArray[np.int64], new: dict[str, NDArray[np.generic]]
    ) -> None:
        """Writes a tick's keys and values, `[B, heads, 1, size]` by name, at `position` `[B]` modulo the window."""
        _, heads, window, size = self._state[self._rings[0]].shape
        # One index into a flat view: numpy is slower with several.
        head = rows[:, None] * heads + np.arange(heads)
        index = (head * window + position[:, None] % window).ravel()
        for name, value in new.items():
            self._state[name].reshape(-1, size)[index] = value.reshape(-1, size)

    def reset(self, rows: NDArray[np.int64]) -> None:
        """As `Backend.reset`, rows counted within the part."""
        for state in self._state.values():
            state[rows] = 0


def _spread(value: NDArray[np.generic], chosen: slice | NDArray[np.int64], span: int) -> NDArray[np.generic]:
    """Rows put into a slice whose other rows are idle (and whose results are thrown away)."""
    spread = np.zeros((span, *value.shape[1:]), value.dtype)
    spread[chosen] = value
    return spread

"""The CPU default: the network as an ONNX graph, its state in numpy.

The graph (see `models.thunder.onnx_export`) takes every state tensor and gives its new value, but of the rings of keys
and values only the tick's own row, which is written here at `position mod window`: no cache is ever copied out. Rows
that lie close together are stepped as one slice of the state, without a copy in either.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from stream_engine.engine import EngineStartError
from stream_engine.engine.export_cache import exported

_DENSE: Final = 0.7
"""Share of active rows in a slice from which stepping it whole beats gathering (measured: benchmarks.capacity)."""
_MIN_PART: Final = 6
"""Rows that make a part worth a thread of its own."""
_TYPES: Final = {"tensor(float)": np.float32, "tensor(int64)": np.int64}


class OnnxBackend:
    """Steps rows through onnxruntime; see `Backend`.

    Each thread steps a part of the batch by itself: that scales, where onnxruntime's own threads hardly do.

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
            self._session = onnxruntime.InferenceSession(str(source.graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base class but this
            raise EngineStartError(f"{source.graph} cannot be loaded ({error}); delete it and start again") from error
        self._outputs = [output.name for output in self._session.get_outputs()]
        self._rings = [name.removesuffix("_row") for name in self._outputs if name.endswith("_row")]
        self._state: dict[str, NDArray[np.generic]] = {
            tensor.name: np.zeros((slots, *tensor.shape[1:]), _TYPES[tensor.type])
            for tensor in self._session.get_inputs()
            if tensor.name not in ("audio", "look_ahead", "noise")
        }
        self._threads = threads or max(1, (os.cpu_count() or 1) // 2)
        self._pool = ThreadPoolExecutor(self._threads, "engine-part") if self._threads > 1 else None

    def step(
        self,
        rows: NDArray[np.int64],
        audio: NDArray[np.float32],
        look_ahead: NDArray[np.int64],
        noise: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """See `Backend.step`."""
        parts = min(self._threads, max(1, len(rows) // _MIN_PART))
        if parts == 1 or self._pool is None:
            return self._step_part(rows, audio, look_ahead, noise)
        cuts = [np.array_split(array, parts) for array in (rows, audio, look_ahead, noise)]
        return np.concatenate(list(self._pool.map(self._step_part, *cuts)))

    def _step_part(
        self,
        rows: NDArray[np.int64],
        audio: NDArray[np.float32],
        look_ahead: NDArray[np.int64],
        noise: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        first, span = int(rows[0]), int(rows[-1] - rows[0]) + 1
        if len(rows) == span or len(rows) >= _DENSE * span:
            chosen = rows - first
            feed: dict[str, NDArray[np.generic]] = {n: s[first : first + span] for n, s in self._state.items()}
            for name, value in (("audio", audio), ("look_ahead", look_ahead), ("noise", noise)):
                feed[name] = value if len(rows) == span else _spread(value, chosen, span)
        else:
            chosen = np.arange(len(rows))
            feed = {n: s[rows] for n, s in self._state.items()}
            feed |= {"audio": audio, "look_ahead": look_ahead, "noise": noise}
        # A slice is written as one block of memory, row by row is several times as dear.
        all_of_it = len(rows) == span
        into: slice | NDArray[np.int64] = slice(first, first + span) if all_of_it else rows
        out: slice | NDArray[np.int64] = slice(None) if all_of_it else chosen
        position = self._state["position"][rows]
        results = dict(zip(self._outputs, self._session.run(self._outputs, feed), strict=True))
        for name in self._rings:
            ring = self._state[name]
            ring[rows, :, position % ring.shape[2]] = results[name + "_row"][out, :, 0]
        for name, state in self._state.items():
            if name not in self._rings:
                state[into] = results[name + "_out"][out]
        frames: NDArray[np.float32] = results["frames"][out]
        return frames

    def reset(self, rows: NDArray[np.int64]) -> None:
        """See `Backend.reset`."""
        for state in self._state.values():
            state[rows] = 0


def _spread(value: NDArray[np.generic], chosen: NDArray[np.int64], span: int) -> NDArray[np.generic]:
    """Rows put into a slice whose other rows are idle (and whose results are thrown away)."""
    spread = np.zeros((span, *value.shape[1:]), value.dtype)
    spread[chosen] = value
    return spread

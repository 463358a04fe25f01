"""Silero VAD, batched over slots.

The network of the `silero-vad` package (snakers4/silero-vad, MIT) is run through onnxruntime with its state explicit,
one row per slot. The package itself is never imported: that would call `torch.set_num_threads(1)`.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from stream_engine.clock import MODEL_RATE, TICK_MEDIA, TICK_SAMPLES
from stream_engine.ear.turns import CHUNK_MEDIA

CHUNK_SAMPLES: Final = 512
_CONTEXT: Final = 64  # samples of the chunk before that the network also sees
_STATE: Final = 128


class VadError(RuntimeError):
    """Voice activity cannot be told; motion is not affected."""


def vad_model_path() -> Path:
    """The ONNX file bundled with silero-vad.

    Raises:
        VadError: the package is missing.
    """
    spec = find_spec("silero_vad")
    if spec is None or not spec.submodule_search_locations:
        raise VadError("the package silero-vad is not installed; install it with: pip install silero-vad")
    path = Path(spec.submodule_search_locations[0]) / "data" / "silero_vad.onnx"
    if not path.is_file():
        raise VadError(f"{path} is missing; reinstall with: pip install --force-reinstall silero-vad")
    return path


@dataclass(frozen=True, slots=True)
class VadResult:
    """What a tick told about speech.

    Attributes:
        probability: `[B]` float32, 0..1; NaN where no chunk of 32 ms was completed.
        media_time: `[B]` int64, of the chunk's first sample; meaningful where there is a probability.
    """

    probability: NDArray[np.float32]
    media_time: NDArray[np.int64]


class BatchedVad:
    """One VAD state per slot; each tick of 20 ms completes at most one chunk of 32 ms.

    Args:
        slots: number of rows.

    Raises:
        VadError: the network cannot be loaded.
    """

    def __init__(self, slots: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3  # its initializers are unused by design, and it says so at length
        path = vad_model_path()
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base class but this
            raise VadError(f"{path} cannot be loaded: {error}") from error
        self._state = np.zeros((2, slots, _STATE), np.float32)
        self._context = np.zeros((slots, _CONTEXT), np.float32)
        self._pending = np.zeros((slots, CHUNK_SAMPLES + TICK_SAMPLES), np.float32)
        self._count = np.zeros(slots, np.int64)
        self._media_time = np.zeros(slots, np.int64)

    def reset(self, row: int, tick_index: int) -> None:
        """Starts a row afresh; the next tick it hears is `tick_index`."""
        self._state[:, row] = 0
        self._context[row] = 0
        self._count[row] = 0
        self._media_time[row] = tick_index * TICK_MEDIA

    def push(self, rows: NDArray[np.int64], audio: NDArray[np.float32]) -> VadResult:
        """Hears one tick in each of the given rows.

        Args:
            rows: `[B]`, each at most once.
            audio: `[B, 320]`.

        Raises:
            VadError: the network failed. The rows' time goes on, and the next chunk is tried again.
        """
        result = VadResult(np.full(len(rows), np.nan, np.float32), np.zeros(len(rows), np.int64))
        columns = self._count[rows][:, None] + np.arange(TICK_SAMPLES)
        self._pending[rows[:, None], columns] = audio
        self._count[rows] += TICK_SAMPLES
        due = np.flatnonzero(self._count[rows] >= CHUNK_SAMPLES)
        if not len(due):
            return result
        ready = rows[due]
        chunk = self._pending[ready, :CHUNK_SAMPLES]
        heard = np.concatenate([self._context[ready], chunk], axis=1)
        result.media_time[due] = self._media_time[ready]
        self._pending[ready, :TICK_SAMPLES] = self._pending[ready, CHUNK_SAMPLES:]
        self._count[ready] -= CHUNK_SAMPLES
        self._media_time[ready] += CHUNK_MEDIA
        self._context[ready] = chunk[:, -_CONTEXT:]
        inputs = {"input": heard, "state": self._state[:, ready], "sr": np.array(MODEL_RATE, np.int64)}
        try:
            probability, state = self._session.run(None, inputs)
        except Exception as error:  # onnxruntime's exceptions share no base class but this
            self._state[:, ready] = 0
            raise VadError(f"voice activity detection failed: {error}") from error
        self._state[:, ready] = state
        result.probability[due] = probability[:, 0]
        return result

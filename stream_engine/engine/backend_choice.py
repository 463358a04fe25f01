"""Which backend runs the network, by name."""

from stream_engine.engine import EngineStartError
from stream_engine.engine.backend import BACKENDS, DEFAULT_MODEL, Backend


def load_backend(name: str, model: str = DEFAULT_MODEL, *, slots: int, threads: int = 0) -> Backend:
    """Loads a network.

    Args:
        name: one of `BACKENDS`.
        model: name in the zoo, or path of a safetensors file.
        slots: state rows.
        threads: for the arithmetic; 0 leaves half the cores to everything else.

    Raises:
        EngineStartError: unknown backend, missing weights, or an export that failed.
    """
    if name == "onnxruntime":
        from stream_engine.engine.onnx_backend import OnnxBackend  # each backend's library loads on demand

        return OnnxBackend(model, slots=slots, threads=threads)
    if name == "torch":
        from stream_engine.engine.torch_backend import TorchBackend

        return TorchBackend(model, slots=slots, threads=threads)
    raise EngineStartError(f"unknown backend {name!r}; choose one of {', '.join(BACKENDS)}")

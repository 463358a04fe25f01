"""ONNX graphs of the networks, made on first use and kept in the user's cache.

The graph is exported from the torch weights in a process of its own, so that the worker never imports torch (it starts,
and restarts, in a fraction of the time). A cache entry is named for everything that went into it: weights, the source
of the models, the versions of the libraries. It appears by one rename, so two processes may make it at once.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from stream_engine.clock import SystemClock
from stream_engine.engine import EngineStartError
from stream_engine.engine.backend import ModelFacts, model_folder, weights_file

_FORMAT: Final = "2"
_SOURCES: Final = (
    "models/streaming.py", "models/face/channels.py", "models/face/blink_timing.py", "models/thunder", "models/layers",
    "models/speech", "models/flow", "kernels",
)  # fmt: skip
_EXPORT_TIMEOUT_S: Final = 300
_KEPT: Final = 4
"""Graphs kept however old they are: another branch, another network."""
_KEPT_S: Final = 7 * 24 * 3600.0
"""Graphs used so lately are kept, however many they are."""
_GRAPH: Final = "graph.onnx"
_FACTS: Final = "facts.json"
_MAKING: Final = ".making-"
"""A folder being written is named so; one left over by a process that was killed is pruned like any other."""


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """A network ready for onnxruntime.

    Attributes:
        graph: the ONNX file; see `models.thunder.onnx_export`.
        facts: about the model.
    """

    graph: Path
    facts: ModelFacts


def cache_folder() -> Path:
    """Where graphs are kept: `STREAM_ENGINE_CACHE`, or the platform's place for caches."""
    if chosen := os.environ.get("STREAM_ENGINE_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "stream_engine"


def cache_key(weights: Path) -> str:
    """Names everything a graph depends on."""
    root = model_folder().parent
    digest = hashlib.blake2b(_FORMAT.encode(), digest_size=16)
    for library in ("torch", "onnx", "onnxscript"):
        digest.update(f"{library}={version(library)};".encode())
    for source in _SOURCES:
        path = root / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(f"{file.relative_to(root).as_posix()};".encode())
            digest.update(file.read_bytes())
    digest.update(weights.read_bytes())
    return digest.hexdigest()


def exported(model: str) -> ExportedModel:
    """The graph of a network; exports it first where the cache has none (about ten seconds).

    Raises:
        EngineStartError: the weights are missing, the export failed, or the cache cannot be written.
    """
    weights = weights_file(model).resolve()
    folder = cache_folder() / f"{weights.stem}-{cache_key(weights)}"
    if not (folder / _FACTS).is_file():
        _export_apart(weights, folder)
        prune(cache_folder(), SystemClock().wall())
    else:
        with contextlib.suppress(OSError):  # a cache that may only be read is as good
            os.utime(folder)  # says when it was used last
    facts = json.loads((folder / _FACTS).read_text())
    facts["look_ahead_ticks"] = tuple(facts["look_ahead_ticks"])
    return ExportedModel(folder / _GRAPH, ModelFacts(**facts))


def prune(cache: Path, now: float) -> None:
    """Deletes graphs that nothing has used for a week, but for the few used last.

    Args:
        cache: the folder of graphs; what is no graph in it stays.
        now: seconds since the Unix epoch.
    """
    with contextlib.suppress(OSError):  # another process may be at it; what stays is seen to next time
        used = sorted(
            ((folder.stat().st_mtime, folder) for folder in cache.iterdir() if _is_ours(folder)), reverse=True
        )
        for used_at, folder in used[_KEPT:]:
            if now - used_at > _KEPT_S:
                shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    return (folder / _FACTS).is_file() or folder.name.startswith(_MAKING)


def _export_apart(weights: Path, folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=_MAKING, dir=folder.parent))
    except OSError as error:
        raise EngineStartError(
            f"cannot write to the cache {folder.parent} ({error}); set STREAM_ENGINE_CACHE to a folder you may write to"
        ) from error
    try:
        paths = dict.fromkeys([str(model_folder().parent), str(Path(__file__).parents[2])])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", "stream_engine.engine.export_cache", str(weights), str(made)]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_EXPORT_TIMEOUT_S, check=False
        )
        if done.returncode:
            raise EngineStartError(
                f"exporting {weights.name} to ONNX failed; run with the torch backend meanwhile, and report this:\n"
                + done.stderr[-2000:]
            )
        try:
            made.rename(folder)
        except OSError:
            if not (folder / _FACTS).is_file():  # else another process was first, with the same graph
                raise
    except subprocess.TimeoutExpired as error:
        raise EngineStartError(f"exporting {weights.name} to ONNX took over {_EXPORT_TIMEOUT_S} s; retry") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _export(weights: Path, folder: Path) -> None:
    """Runs in the exporting process, the only one that needs torch."""
    from models.thunder import load_thunder
    from models.thunder.onnx_export import export_onnx
    from stream_engine.engine.torch_backend import facts_of

    model = load_thunder(weights)
    export_onnx(model, folder / _GRAPH)
    (folder / _FACTS).write_text(json.dumps(asdict(facts_of(model.spec))))


if __name__ == "__main__":
    _export(Path(sys.argv[1]), Path(sys.argv[2]))

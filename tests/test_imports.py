"""The house rules that a glance at the imports can check."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("kernels", "models", "stream_engine")
RUNTIME_OF_MODELS = {"torch", "triton", "numpy", "safetensors"}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path, *, top_level_only: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package: str) -> None:
    allowed = set(PACKAGES[: PACKAGES.index(package) + 1])
    files = sources(package)
    assert files
    for path in files:
        forbidden = (set(imported(path)) & {*PACKAGES, "benchmarks", "tests"}) - allowed
        assert not forbidden, f"{path.relative_to(ROOT)} imports {forbidden}"


def test_models_never_touch_the_event_loop() -> None:
    for path in [*sources("models"), *sources("kernels")]:
        assert "asyncio" not in set(imported(path)), path


def test_the_clock_is_read_in_one_place() -> None:
    for path in sources("stream_engine"):
        if path.name != "clock.py":
            assert "time" not in set(imported(path)), f"{path.relative_to(ROOT)} reads the clock; inject a Clock"


@pytest.mark.parametrize("folder", ["layers", "speech", "flow", "thunder"])
def test_networks_run_on_torch_numpy_and_safetensors_alone(folder: str) -> None:
    training = {"train.py", "losses.py", "onnx_export.py"}
    standard = __import__("sys").stdlib_module_names
    for path in sorted((ROOT / "models" / folder).glob("*.py")):
        if path.name in training:
            continue
        needs = {name for name in imported(path) if name not in standard and name not in PACKAGES}
        assert needs <= RUNTIME_OF_MODELS, f"{path.relative_to(ROOT)} needs {needs - RUNTIME_OF_MODELS}"

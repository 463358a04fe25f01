"""The network the engine's tests run, exported once into a cache of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.networks import save_random_network


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("engine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STREAM_ENGINE_CACHE", str(folder / "cache"))
        yield save_random_network(folder / "random.safetensors")

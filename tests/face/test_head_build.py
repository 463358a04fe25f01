"""The committed head is the output of the committed code."""

from pathlib import Path

import numpy as np
import pytest

from models.face.gltf import read_glb
from models.face.head_rig import HEAD_PATH, load_head

pytest.importorskip("scipy", reason="building the head needs scipy")

from models.face.__main__ import main


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("head") / "head.glb"
    assert main(["build", "--out", str(path)]) == 0
    return path


def test_a_rebuild_gives_the_same_head(rebuilt: Path) -> None:
    """Within 0.05 mm, which leaves room for another processor's arithmetic."""
    ours, new = load_head(), load_head(rebuilt)
    np.testing.assert_array_equal(ours.lips, new.lips)
    np.testing.assert_allclose(new.neutral, ours.neutral, atol=0.05)
    np.testing.assert_allclose(new.deltas, ours.deltas, atol=0.05)


def test_the_rest_of_the_file_is_the_same_too(rebuilt: Path) -> None:
    ours, new = read_glb(HEAD_PATH).document, read_glb(rebuilt).document
    assert [m["name"] for m in ours["meshes"]] == [m["name"] for m in new["meshes"]]
    assert ours["materials"] == new["materials"]
    assert ours["nodes"] == new["nodes"]

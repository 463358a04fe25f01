"""The committed heads are the output of the committed code."""

from pathlib import Path

import numpy as np
import pytest

from models.face.gltf import read_glb
from models.face.head_rig import HEADS, head_path, load_head

pytest.importorskip("scipy", reason="building the head needs scipy")

from models.face.__main__ import main
from models.face.head.looks import LOOKS

VARIANTS = [pytest.param(look, light, id=f"{look}{'-light' if light else ''}") for look in HEADS for light in (0, 1)]


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heads")
    assert main(["build", "--all", "--out", str(folder)]) == 0
    return folder


def test_every_look_has_its_files() -> None:
    assert tuple(look.name for look in LOOKS) == HEADS
    assert len({look.label for look in LOOKS}) == len(LOOKS)
    with pytest.raises(ValueError, match="mira"):
        head_path("nobody")


@pytest.mark.parametrize(("look", "light"), VARIANTS)
def test_a_rebuild_gives_the_same_head(rebuilt: Path, look: str, light: bool) -> None:
    """Within 0.05 mm, which leaves room for another processor's arithmetic."""
    committed = head_path(look, light=light)
    ours, new = load_head(committed), load_head(rebuilt / committed.name)
    np.testing.assert_array_equal(ours.lips, new.lips)
    np.testing.assert_allclose(new.neutral, ours.neutral, atol=0.05)
    np.testing.assert_allclose(new.deltas, ours.deltas, atol=0.1)


@pytest.mark.parametrize(("look", "light"), VARIANTS)
def test_the_rest_of_the_file_is_the_same_too(rebuilt: Path, look: str, light: bool) -> None:
    committed = head_path(look, light=light)
    ours, new = read_glb(committed).document, read_glb(rebuilt / committed.name).document
    assert [m["name"] for m in ours["meshes"]] == [m["name"] for m in new["meshes"]]
    assert ours["materials"] == new["materials"]
    assert ours["nodes"] == new["nodes"]

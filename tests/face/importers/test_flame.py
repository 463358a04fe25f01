"""FLAME: what can be made of it is made and measured, what cannot is left out and told, and no pickle is trusted."""

import os
import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from models.face.channels import channel_index
from models.face.head_rig import load_head
from models.face.importers.flame import FlameFit, read_flame
from models.face.importers.flame_file import read_flame_file
from models.face.importers.importing import ImportedRig, import_rig
from models.face.importers.source_rig import Quality, RigImportError
from tests.face.importers.flame_like import EXPRESSIONS, EYES_MM, JAW_MM, STRETCH, flame_like


class Ch:
    """As chumpy's arrays are pickled: an object whose state holds the numbers."""

    def __init__(self, x: NDArray[Any]) -> None:
        self.x = x
        self._dirty_vars: set[str] = set()


Ch.__module__ = "chumpy.ch"


def pickled(path: Path, entries: dict[str, Any], monkeypatch: pytest.MonkeyPatch, protocol: int = 2) -> Path:
    """Writes entries as FLAME is published: chumpy arrays, a sparse regressor."""
    module = ModuleType("chumpy.ch")
    module.Ch = Ch  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "chumpy", ModuleType("chumpy"))
    monkeypatch.setitem(sys.modules, "chumpy.ch", module)
    published = {**entries, "bs_style": "lbs", "J_regressor": csc_matrix(entries["J_regressor"])}
    for name in ("v_template", "posedirs"):
        published[name] = Ch(entries[name])
    path.write_bytes(pickle.dumps(published, protocol=protocol))
    return path


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> ImportedRig:
    path = tmp_path_factory.mktemp("flame") / "generic_model.npz"
    np.savez(path, **flame_like())
    return import_rig(path, name="flame")


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_the_pickle_is_read_without_its_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int
) -> None:
    entries = {**flame_like(), "shapedirs": flame_like()["shapedirs"][:, :, :302]}
    path = pickled(tmp_path / "generic_model.pkl", entries, monkeypatch, protocol)
    monkeypatch.delitem(sys.modules, "chumpy.ch")
    model = read_flame_file(path)
    np.testing.assert_array_equal(model.vertices, entries["v_template"])
    np.testing.assert_array_equal(model.faces, entries["f"])
    np.testing.assert_array_equal(model.pose_correctives, entries["posedirs"])
    np.testing.assert_array_equal(model.expressions[1], entries["shapedirs"][:, :, 301])
    np.testing.assert_allclose(model.joints[3:] * 1000, EYES_MM * STRETCH, atol=1e-9)
    np.testing.assert_allclose(model.joints[2] * 1000, JAW_MM * STRETCH, atol=1e-6)
    assert model.eyelids is None


class Bomb:
    def __init__(self, call: Any, *arguments: Any) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call, self.arguments


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("where", ["v_template", "bs_style", ""])
def test_a_pickle_cannot_do_anything(tmp_path: Path, where: str, protocol: int) -> None:
    target = tmp_path / "made by the pickle"
    bomb = Bomb(os.mkdir, str(target))
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(pickle.dumps({where: bomb} if where else bomb, protocol=protocol))
    with pytest.raises(RigImportError, match=r"names posix\.mkdir|names nt\.mkdir"):
        read_flame_file(path)
    assert not target.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no pickle"),
        (b"words, not a pickle", "no pickle"),
        (pickle.dumps([1, 2]), "no dictionary"),
        (pickle.dumps({"v_template": np.zeros((4, 3))}), "lacks f, shapedirs"),
        (pickle.dumps({"v_template": "text"}), "v_template is no array"),
        (pickle.dumps({"v_template": np.array([None])}), "v_template is no array"),
    ],
)
def test_what_is_no_flame_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(content)
    with pytest.raises(RigImportError, match=reason):
        read_flame_file(path)


@pytest.mark.parametrize(
    ("entry", "value", "reason"),
    [
        ("shapedirs", flame_like()["shapedirs"][:, :, :300], "begin after 300"),
        ("weights", flame_like()["weights"][:, :4], "another body model"),
        ("J_regressor", flame_like()["J_regressor"][:4], "another body model"),
    ],
)
def test_other_body_models_are_told_apart(tmp_path: Path, entry: str, value: NDArray[Any], reason: str) -> None:
    path = tmp_path / "model.npz"
    np.savez(path, **{**flame_like(), entry: value})
    with pytest.raises(RigImportError, match=reason):
        read_flame_file(path)


def test_the_jaw_is_the_joint_and_opens_as_wide_as_on_every_rig(imported: ImportedRig) -> None:
    rig, head = imported.rig, load_head()
    frame = np.zeros(52, np.float32)
    scale = rig.mouth_width(frame) / head.mouth_width(frame)
    frame[channel_index("JawOpen")] = 1
    opened = float(rig.signed_gaps(frame).mean() - rig.signed_gaps(np.zeros(52, np.float32)).mean())
    assert opened == pytest.approx(29 * scale, rel=0.06)
    fit = imported.source.fits["JawOpen"]
    assert fit.quality is Quality.EXACT
    assert "jaw turned by" in fit.how
    head_jaw = head.deltas[channel_index("JawOpen")] * STRETCH
    ours = rig.deltas[channel_index("JawOpen")][: len(head_jaw)]
    likeness = float((ours * head_jaw).sum() / np.linalg.norm(ours) / np.linalg.norm(head_jaw))
    assert likeness > 0.9


def test_equal_weights_of_jaw_and_close_stay_sealed(imported: ImportedRig) -> None:
    rest = imported.rig.lip_gap(np.zeros(52, np.float32))
    for x in (0.25, 0.5, 1.0):
        frame = np.zeros(52, np.float32)
        frame[[channel_index("JawOpen"), channel_index("MouthClose")]] = x
        assert imported.rig.lip_gap(frame) <= rest + 0.1
        moved = np.abs(imported.rig.vertices(frame) - imported.rig.neutral).max()
        assert moved > 10 * x  # the chin goes down all the same


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_what_the_expressions_can_make_is_found(imported: ImportedRig, name: str) -> None:
    """The components are mixtures of these channels; on a face of other proportions they are found again."""
    fit = imported.source.fits[name]
    assert fit.quality is Quality.APPROXIMATE
    assert fit.residual is not None
    assert fit.residual < 0.45
    truth = load_head().deltas[channel_index(name)] * STRETCH
    made = imported.rig.deltas[channel_index(name)][: len(truth)]
    assert np.linalg.norm(made - truth) / np.linalg.norm(truth) < 0.45


def test_what_they_cannot_is_left_out_and_told(imported: ImportedRig) -> None:
    for name in ("CheekPuff", "EyeBlinkLeft", "EyeWideRight", "BrowDownLeft"):
        fit = imported.source.fits[name]
        assert fit.quality is Quality.MISSING
        assert fit.residual is not None
        assert fit.residual > 0.75
        assert not imported.rig.deltas[channel_index(name)].any()
    assert not imported.rig.deltas[channel_index("TongueOut")].any()
    assert "CheekPuff (no mixture comes near" in imported.report
    assert "% off)" in imported.report
    assert "put l_eyelid.npy and r_eyelid.npy beside it" in imported.report


def test_the_jaw_goes_aside_both_ways_alike(imported: ImportedRig) -> None:
    left, right = (imported.rig.deltas[channel_index(name)] for name in ("JawLeft", "JawRight"))
    chin = int(imported.rig.deltas[channel_index("JawOpen")][:, 1].argmin())
    assert left[chin, 0] > 2
    assert right[chin, 0] == pytest.approx(-left[chin, 0], rel=0.1)


def test_eyelids_beside_the_model_make_blinks(tmp_path: Path) -> None:
    np.savez(tmp_path / "model.npz", **flame_like())
    lid = np.zeros((len(flame_like()["v_template"]), 3))
    lid[7] = [0, -0.01, 0]
    np.save(tmp_path / "l_eyelid.npy", lid)
    np.save(tmp_path / "r_eyelid.npy", -lid)
    source = read_flame(tmp_path / "model.npz")
    np.testing.assert_allclose(source.deltas["EyeBlinkLeft"][7], [0, -10, 0])
    np.testing.assert_allclose(source.deltas["EyeBlinkRight"][7], [0, 10, 0])
    assert source.fits["EyeBlinkLeft"].quality is Quality.EXACT
    np.save(tmp_path / "r_eyelid.npy", lid[:5])
    with pytest.raises(RigImportError, match="eyelids"):
        read_flame(tmp_path / "model.npz")


def test_the_eyeballs_are_not_skin(imported: ImportedRig) -> None:
    assert imported.source.eyeballs is not None
    assert [len(ball) for ball in imported.source.eyeballs] == [6, 6]
    assert imported.placement.unit == "mm"
    assert imported.placement.pupil_distance_mm == pytest.approx(66 * STRETCH[0], abs=0.1)


def test_a_model_is_fitted_the_same_twice(tmp_path: Path) -> None:
    np.savez(tmp_path / "model.npz", **flame_like())
    model = read_flame_file(tmp_path / "model.npz")
    one, two = FlameFit(model).source(), FlameFit(model).source()
    assert one.fits == two.fits
    for name, delta in one.deltas.items():
        np.testing.assert_array_equal(delta, two.deltas[name])

"""How near the FLAME mapping comes on a human face whose channels are known: the ICT FaceKit, written as FLAME is.

Its channels, mixed beyond recognition, are the expressions; what the import makes of them is compared with the channels
themselves, which it never saw. docs/rigs.md quotes the figures.
"""

from pathlib import Path

import numpy as np
import pytest

from models.face.channels import BLENDSHAPES
from models.face.importers.flame import read_flame
from models.face.importers.ict import ict_path, read_ict
from models.face.importers.source_rig import Quality

pytestmark = pytest.mark.data

FACE, EYE = 9409, 1570
SPEAKING = ("MouthFunnel", "MouthPucker", "MouthSmileLeft", "MouthStretchLeft", "MouthShrugUpper", "MouthLowerDownLeft")


def test_channels_of_the_mouth_point_where_the_humans_do(tmp_path: Path) -> None:
    if not ict_path().is_file():
        pytest.skip(f"no ICT FaceKit at {ict_path()}")
    human = read_ict(ict_path())
    kept = np.r_[:FACE, 21451 : 21451 + 2 * EYE]
    place = np.full(len(human.vertices), -1)
    place[kept] = np.arange(len(kept))
    faces = place[human.faces]
    vertices = human.vertices[kept] / 100
    known = {name: delta[kept] / 100 for name, delta in human.deltas.items()}
    mixed_names = [name for name in known if not name.startswith("Jaw")]
    mixing = np.linalg.qr(np.random.default_rng(0).normal(size=(len(mixed_names), len(mixed_names))))[0]
    mixed = np.tensordot(mixing, np.stack([known[name] for name in mixed_names]), axes=1)
    jaw = np.linalg.norm(known["JawOpen"], axis=1)
    weights = np.zeros((len(kept), 5))
    weights[:, 2] = np.clip(jaw / np.percentile(jaw, 99.5), 0, 1)
    regressor = np.zeros((5, len(kept)))
    for joint, first in ((3, FACE), (4, FACE + EYE)):
        weights[first : first + EYE] = np.eye(5)[joint]
        regressor[joint, first : first + EYE] = 1 / EYE
    weights[:, 0] = 1 - weights[:, 1:].sum(1)
    for side in (-0.07, 0.07):
        regressor[2, np.linalg.norm(vertices - [side, -0.005, 0.01], axis=1).argmin()] = 0.5
    regressor[0, 0] = regressor[1, 0] = 1
    np.savez(
        tmp_path / "human.npz",
        v_template=vertices,
        f=faces[(faces >= 0).all(1)],
        shapedirs=np.concatenate(
            [np.zeros((len(kept), 3, 300), np.float32), mixed.transpose(1, 2, 0).astype(np.float32)], axis=2
        ),
        posedirs=np.zeros((len(kept), 3, 36)),
        J_regressor=regressor,
        weights=weights,
    )
    source = read_flame(tmp_path / "human.npz")
    likeness = {}
    for name, delta in source.deltas.items():
        if name in known:
            truth = known[name] * 1000
            likeness[name] = float((delta * truth).sum() / np.linalg.norm(delta) / np.linalg.norm(truth))
    assert min(likeness[name] for name in ("JawOpen", "JawLeft", "JawRight", "MouthClose")) > 0.9
    assert min(likeness[name] for name in SPEAKING) > 0.75
    mouth = [value for name, value in likeness.items() if name.startswith("Mouth")]
    assert np.median(mouth) > 0.8
    assert all(value > 0.2 for value in likeness.values())
    missing = [name for name in BLENDSHAPES if source.fits.get(name) is None or name not in source.deltas]
    assert all(source.fits[name].quality is Quality.MISSING for name in missing if name != "TongueOut")
    assert len(missing) < 16

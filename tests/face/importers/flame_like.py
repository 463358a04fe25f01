"""A model of FLAME's form, made of the built-in head: other proportions, a jaw joint, a handful of expressions."""

from functools import cache
from typing import Any

import numpy as np

from models.face.channels import channel_index
from models.face.gltf import read_glb
from models.face.head_rig import HEAD_PATH, load_head

EXPRESSIONS = ("MouthFrownLeft", "MouthSmileLeft", "MouthSmileRight", "MouthFunnel", "MouthShrugUpper", "NoseSneerLeft")
STRETCH = np.array([0.95, 1.06, 1.0])
EYES_MM = np.array([[33.0, 0.0, 53.0], [-33.0, 0.0, 53.0]])
JAW_MM = np.array([0.0, -18.0, 0.0])


@cache
def flame_like() -> dict[str, Any]:
    """Entries of the model's file, in metres; expressions are mixed so that no component is a channel by itself."""
    rig, glb = load_head(), read_glb(HEAD_PATH)
    faces = glb.triangles("skin").astype(np.uint32)
    ball = np.concatenate([np.eye(3), -np.eye(3)]) * 12.0
    skin, eyes = len(rig.neutral), [EYES_MM[0] + ball, EYES_MM[1] + ball]
    vertices = np.concatenate([rig.neutral, *eyes]).astype(np.float64) * STRETCH / 1000
    count = len(vertices)
    jaw = np.linalg.norm(rig.deltas[channel_index("JawOpen")], axis=1)
    weights = np.zeros((count, 5))
    weights[:skin, 2] = np.clip(jaw / np.percentile(jaw, 99.5), 0, 1)
    weights[skin : skin + 6, 3] = weights[skin + 6 :, 4] = 1
    weights[:, 1] = 1 - weights.sum(1)
    regressor = np.zeros((5, count))
    regressor[0, 0] = regressor[1, 1] = 1
    # The jaw's axis lies inside the head; a sum of vertices that gives it, of the least norm.
    system = np.concatenate([vertices[:skin].T, np.ones((1, skin))])
    regressor[2, :skin] = np.linalg.lstsq(system, np.append(JAW_MM * STRETCH / 1000, 1), rcond=None)[0]
    regressor[3, skin : skin + 6] = regressor[4, skin + 6 :] = 1 / 6
    channels = np.stack([rig.deltas[channel_index(name)] for name in EXPRESSIONS]) * STRETCH / 1000
    mixed = np.einsum("ec,cvk->vke", np.linalg.qr(np.random.default_rng(3).normal(size=(6, 6)))[0], channels)
    shapes = np.zeros((count, 3, 300 + len(EXPRESSIONS)), np.float32)
    shapes[:skin, :, 300:] = mixed
    correctives = np.zeros((count, 3, 36))
    correctives[:, 2, 9 + 4] = 0.01 * weights[:, 2]  # the chin comes forward as the jaw's cosine falls
    return {
        "v_template": vertices, "f": faces, "shapedirs": shapes, "posedirs": correctives, "J_regressor": regressor,
        "weights": weights, "kintree_table": np.array([[-1, 0, 1, 1, 1], [0, 1, 2, 3, 4]]),
    }  # fmt: skip

"""Which nodes of a glTF are its head and its eyes, and how they turn.

The head's and the eyes' angles are YXZ Euler angles about the *face's* axes (+Y up, +Z out of the face). A node's own
axes may be others, as bones' are: the turn is carried over into the axes of its parent at rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.face.channels import channel_index

Quaternions: TypeAlias = NDArray[np.float64]
"""`[..., 4]`, order x, y, z, w."""

_IDENTITY: Final = np.array([0.0, 0.0, 0.0, 1.0])
_ROLES: Final[dict[str, tuple[str, ...]]] = {
    "Head": ("head", "head_jnt", "cc_base_head", "mixamorig:head", "mixamorighead", "j_bip_c_head"),
    "LeftEye": ("eye_left", "lefteye", "eye_l", "eye.l", "cc_base_l_eye", "mixamorig:lefteye", "j_adj_l_faceeye"),
    "RightEye": ("eye_right", "righteye", "eye_r", "eye.r", "cc_base_r_eye", "mixamorig:righteye", "j_adj_r_faceeye"),
}
"""Names in use for head and eyes, in lower case: ours, Ready Player Me's, Character Creator's, Mixamo's, VRoid's."""


@dataclass(frozen=True)
class Joint:
    """A node that turns.

    Attributes:
        node: its index.
        yaw: channel of its yaw; pitch and roll follow.
        translation: at rest.
        rest: its rotation at rest.
        scale: at rest.
        parent: rotation of its parent at rest, in the face's axes.
    """

    node: int
    yaw: int
    translation: tuple[float, ...]
    rest: Quaternions
    scale: tuple[float, ...]
    parent: Quaternions

    def rotations(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rotations `[N, 4]` of the node for frames `[N, 61]`; neighbours lie on the same half of the sphere."""
        yaw, pitch, roll = (frames[:, self.yaw + i].astype(np.float64) for i in range(3))
        turn = _product(_product(_about(1, yaw), _about(0, pitch)), _about(2, roll))
        inside = _product(_product(_inverse(self.parent), turn), self.parent)
        turned = _product(inside, self.rest)
        flips = np.where((turned[1:] * turned[:-1]).sum(-1) < 0, -1.0, 1.0)
        turned[1:] *= np.cumprod(flips)[:, None]
        return turned.astype(np.float32)

    def at_rest(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """The node with its place told by translation, rotation and scale."""
        apart = {key: value for key, value in node.items() if key != "matrix"}
        apart["rotation"] = [float(x) for x in self.rest]
        if "matrix" in node:
            apart |= {"translation": list(self.translation), "scale": list(self.scale)}
        return apart


def joints_of(document: Mapping[str, Any]) -> list[Joint]:
    """Head and eyes of a glTF, as far as it has them: by VRM's humanoid bones, else by name.

    A VRM 0 looks along -Z where glTF faces look along +Z; its turns are about its own axes.
    """
    nodes: Sequence[Mapping[str, Any]] = document.get("nodes", [])
    extensions = document.get("extensions", {})
    bones: dict[str, int] = {}
    facing = _IDENTITY
    if "VRMC_vrm" in extensions:
        humanoid = extensions["VRMC_vrm"]["humanoid"]["humanBones"]
        bones = {name.lower(): bone["node"] for name, bone in humanoid.items()}
    elif "VRM" in extensions:
        bones = {bone["bone"].lower(): bone["node"] for bone in extensions["VRM"]["humanoid"]["humanBones"]}
        facing = np.array([0.0, 1.0, 0.0, 0.0])  # half a turn about +Y
    named = {str(node.get("name", "")).lower(): index for index, node in reversed(list(enumerate(nodes)))}
    parents = {child: index for index, node in enumerate(nodes) for child in node.get("children", [])}
    found = []
    for role, names in _ROLES.items():
        index = bones.get(role.lower(), next((named[name] for name in names if name in named), None))
        if index is None:
            continue
        translation, rest, scale = _place(nodes[index])
        above = _IDENTITY
        at = parents.get(index)
        while at is not None:
            above = _product(_place(nodes[at])[1], above)
            at = parents.get(at)
        parent = _product(_inverse(facing), above)
        found.append(Joint(index, channel_index(f"{role}Yaw"), translation, rest, scale, parent))
    return found


def _place(node: Mapping[str, Any]) -> tuple[tuple[float, ...], Quaternions, tuple[float, ...]]:
    """Translation, rotation and scale of a node."""
    if "matrix" not in node:
        rotation = np.array(node.get("rotation", _IDENTITY), np.float64)
        return tuple(node.get("translation", (0, 0, 0))), rotation, tuple(node.get("scale", (1, 1, 1)))
    matrix = np.array(node["matrix"], np.float64).reshape(4, 4).T
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    if np.linalg.det(matrix[:3, :3]) < 0:
        scale[0] = -scale[0]
    return tuple(matrix[:3, 3].tolist()), _quaternion(matrix[:3, :3] / scale), tuple(scale.tolist())


def _quaternion(rotation: NDArray[np.float64]) -> Quaternions:
    """Of a rotation matrix (Bar-Itzhack 2000: the dominant eigenvector of a symmetric form)."""
    (a, b, c), (d, e, f), (g, h, i) = rotation
    form = np.array(
        [
            [a - e - i, b + d, c + g, h - f],
            [b + d, e - a - i, f + h, c - g],
            [c + g, f + h, i - a - e, d - b],
            [h - f, c - g, d - b, a + e + i],
        ]
    )
    vector = np.linalg.eigh(form)[1][:, -1]
    upright: Quaternions = vector * np.copysign(1.0, vector[3])
    return upright


def _about(axis: int, angle: NDArray[np.float64]) -> Quaternions:
    turn = np.zeros((*angle.shape, 4))
    turn[..., axis], turn[..., 3] = np.sin(angle / 2), np.cos(angle / 2)
    return turn


def _inverse(a: Quaternions) -> Quaternions:
    conjugate: Quaternions = a * np.array([-1.0, -1.0, -1.0, 1.0])
    return conjugate


def _product(a: Quaternions, b: Quaternions) -> Quaternions:
    vector = a[..., 3:] * b[..., :3] + b[..., 3:] * a[..., :3] + np.cross(a[..., :3], b[..., :3])
    scalar = a[..., 3:] * b[..., 3:] - (a[..., :3] * b[..., :3]).sum(-1, keepdims=True)
    return np.concatenate([vector, scalar], axis=-1)

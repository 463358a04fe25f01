"""Any glTF with ARKit morph targets as a face: all meshes that have some, placed as the scene places them at rest."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from models.face.channels import BLENDSHAPES
from models.face.gltf_morphs import meaning_of, target_names
from models.face.importers.gltf_accessors import GltfNumbers
from models.face.importers.source_rig import Fit, Floats, Indices, Lips, Quality, RigImportError, SourceRig

_OTHER_NAMES = 8
"""How many unknown morph targets are told by name."""


def read_gltf(path: Path) -> SourceRig:
    """The face in a glTF.

    Nodes are placed as their matrices say; skinned meshes stand as their skeleton does at rest. Targets named for one
    side of a channel that has none (`browInnerUp_L`) add up; a target for both sides of a channel that has two
    (`mouthSmile`) is kept as such.

    Args:
        path: `.gltf`, `.glb` or `.vrm`.

    Raises:
        RigImportError: unreadable, or without a morph target of a name known to ARKit.
    """
    numbers = GltfNumbers(path)
    pieces = _pieces(numbers)
    if not pieces:
        names = sorted({name for names in _all_names(numbers).values() for name in names})
        found = f"it has {', '.join(names[:_OTHER_NAMES])}" if names else "it has no morph targets at all"
        raise RigImportError(f"{path} has no morph target that ARKit's names know ({found}); see docs/rigs.md")
    vertices = np.concatenate([piece.vertices for piece in pieces])
    starts = np.cumsum([0, *(len(piece.vertices) for piece in pieces)])
    faces = np.concatenate([piece.faces + start for piece, start in zip(pieces, starts, strict=False)])
    deltas: dict[str, Floats] = {}
    both: dict[str, Floats] = {}
    for piece, start in zip(pieces, starts, strict=False):
        for target, found_in in ((deltas, piece.deltas), (both, piece.both_sides)):
            for channel, delta in found_in.items():
                whole = target.setdefault(channel, np.zeros_like(vertices))
                whole[start : start + len(delta)] += delta
    moving = {channel for channel, delta in deltas.items() if np.abs(delta).max() > 0}
    notes = _notes(numbers, pieces)
    empty = [name for name in deltas if name not in moving]
    if empty:
        notes.append(f"there but empty: {', '.join(empty)}")
    return SourceRig(
        kind="glTF",
        vertices=vertices,
        faces=faces,
        deltas={channel: deltas[channel] for channel in BLENDSHAPES if channel in moving},
        fits={channel: Fit(Quality.EXACT) for channel in moving},
        both_sides=both,
        lips=_lips(pieces, starts),
        notes=notes,
    )


class _Piece:
    """One primitive, in the scene's axes."""

    def __init__(self, numbers: GltfNumbers, node: int, primitive: Any, names: list[str], place: Floats) -> None:
        self.node, self.names = node, names
        gltf = numbers.gltf
        positions = numbers.array(primitive.attributes.POSITION)
        blend = np.broadcast_to(place, (len(positions), 4, 4))
        self.skinned = gltf.nodes[node].skin is not None and primitive.attributes.JOINTS_0 is not None
        if self.skinned:
            blend = _skinned(numbers, gltf.nodes[node].skin, primitive)
        self.vertices: Floats = np.einsum("vij,vj->vi", blend[:, :3, :3], positions) + blend[:, :3, 3]
        if primitive.indices is None:
            self.faces: Indices = np.arange(len(positions)).reshape(-1, 3)
        else:
            self.faces = numbers.array(primitive.indices)[:, 0].astype(np.int64).reshape(-1, 3)
        self.deltas: dict[str, Floats] = {}
        self.both_sides: dict[str, Floats] = {}
        self.unknown: list[str] = []
        self.doubled: list[str] = []
        seen: dict[str, bool] = {}
        for name, target in zip(names, primitive.targets, strict=True):
            accessor = target.get("POSITION") if isinstance(target, dict) else target.POSITION
            if accessor is None:
                continue
            meaning, stem = meaning_of(name), _both_sides(name)
            if meaning is None and stem is None:
                self.unknown.append(name)
                continue
            delta = np.einsum("vij,vj->vi", blend[:, :3, :3], numbers.array(accessor))
            if meaning is None:
                self.both_sides[stem or ""] = delta
            elif meaning.channel in seen and not (meaning.half and seen[meaning.channel]):
                self.doubled.append(name)
            else:
                seen[meaning.channel] = meaning.half
                self.deltas[meaning.channel] = self.deltas.get(meaning.channel, 0.0) + delta
        extras = gltf.meshes[gltf.nodes[node].mesh].extras or {}
        loops = extras.get("loops", {})
        self.loops = loops if {"upperLip", "lowerLip", "mouthCorners"} <= set(loops) else None


def _both_sides(name: str) -> str | None:
    """The stem of a pair of channels that a target without a side means: `mouthSmile` → `MouthSmile`."""
    meaning = meaning_of(f"{name}_L")
    ours = meaning is not None and meaning.channel.endswith("Left") and not meaning.half
    stem = meaning.channel.removesuffix("Left") if meaning is not None and ours else None
    # Moving the whole jaw or mouth to one side is no half of anything.
    return None if stem in ("Jaw", "Mouth") else stem


def _pieces(numbers: GltfNumbers) -> list[_Piece]:
    gltf = numbers.gltf
    places = _places(gltf)
    names = _all_names(numbers)
    pieces: list[_Piece] = []
    for index, place in places.items():
        node = gltf.nodes[index]
        if node.mesh is None:
            continue
        done: set[int] = set()
        for primitive in gltf.meshes[node.mesh].primitives:
            # Primitives for several materials often share their vertices.
            if primitive.mode not in (None, 4) or not primitive.targets or primitive.attributes.POSITION in done:
                continue
            shared = [
                other
                for other in gltf.meshes[node.mesh].primitives
                if other.attributes.POSITION == primitive.attributes.POSITION
            ]
            done.add(primitive.attributes.POSITION)
            piece = _Piece(numbers, index, primitive, names[node.mesh], place)
            if len(shared) > 1 and all(other.indices is not None for other in shared):
                corners = [numbers.array(other.indices)[:, 0] for other in shared]
                piece.faces = np.concatenate(corners).astype(np.int64).reshape(-1, 3)
            if piece.deltas or piece.both_sides:
                pieces.append(piece)
    return pieces


def _all_names(numbers: GltfNumbers) -> dict[int, list[str]]:
    document = json.loads(numbers.gltf.to_json())
    return {index: target_names(document, index) for index in range(len(document.get("meshes") or []))}


def _places(gltf: Any) -> dict[int, Floats]:
    """Matrix of every node of the scene, from the roots down."""
    roots = gltf.scenes[gltf.scene or 0].nodes if gltf.scenes else None
    if roots is None:
        children = {child for node in gltf.nodes for child in node.children or []}
        roots = [index for index in range(len(gltf.nodes)) if index not in children]
    places: dict[int, Floats] = {}
    waiting = [(index, np.eye(4)) for index in roots]
    while waiting:
        index, above = waiting.pop()
        if index in places:
            raise RigImportError("its nodes form a circle; export it anew")
        places[index] = above @ _matrix(gltf.nodes[index])
        waiting += [(child, places[index]) for child in gltf.nodes[index].children or []]
    return dict(sorted(places.items()))


def _matrix(node: Any) -> Floats:
    if node.matrix is not None:
        return np.array(node.matrix, np.float64).reshape(4, 4).T
    x, y, z, w = node.rotation or (0.0, 0.0, 0.0, 1.0)
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= np.array(node.scale or (1.0, 1.0, 1.0))
    matrix[:3, 3] = node.translation or (0.0, 0.0, 0.0)
    return matrix


def _skinned(numbers: GltfNumbers, skin: int, primitive: Any) -> Floats:
    """Each vertex's matrix `[V, 4, 4]` with the skeleton at rest; the mesh's own node does not count (§3.7.3)."""
    gltf = numbers.gltf
    places = _places(gltf)
    joints = gltf.skins[skin].joints
    inverse = gltf.skins[skin].inverseBindMatrices
    binds = (
        np.broadcast_to(np.eye(4), (len(joints), 4, 4))
        if inverse is None
        else numbers.array(inverse).reshape(-1, 4, 4).transpose(0, 2, 1)
    )
    matrices = np.stack([places.get(joint, np.eye(4)) for joint in joints]) @ binds[: len(joints)]
    index = numbers.array(primitive.attributes.JOINTS_0).astype(np.int64)
    weight = numbers.array(primitive.attributes.WEIGHTS_0)
    weight = weight / np.maximum(weight.sum(1, keepdims=True), 1e-9)
    blend: Floats = np.einsum("vk,vkij->vij", weight, matrices[index])
    return blend


def _lips(pieces: list[_Piece], starts: Indices) -> Lips | None:
    """Lips that the file itself names, as ours do."""
    for piece, start in zip(pieces, starts, strict=False):
        if piece.loops is not None:
            upper, lower, corners, red = (
                tuple(int(start) + int(i) for i in piece.loops.get(key, ()))
                for key in ("upperLip", "lowerLip", "mouthCorners", "lips")
            )
            return Lips(upper, lower, (corners[0], corners[1]), red)
    return None


def _notes(numbers: GltfNumbers, pieces: list[_Piece]) -> list[str]:
    gltf = numbers.gltf
    meshes = list(dict.fromkeys(gltf.meshes[gltf.nodes[piece.node].mesh].name or "unnamed" for piece in pieces))
    notes = [f"meshes read: {', '.join(meshes)}"]
    if any(piece.skinned for piece in pieces):
        notes.append("its skeleton is held at rest: a jaw or eyes moved by bones do not move here")
    known: defaultdict[str, int] = defaultdict(int)
    for piece in pieces:
        for name in piece.unknown:
            known[name] += 1
    if known:
        names = list(known)
        more = f" and {len(names) - _OTHER_NAMES} more" if len(names) > _OTHER_NAMES else ""
        notes.append(f"morph targets of other names, left out: {', '.join(names[:_OTHER_NAMES])}{more}")
    doubled = sorted({name for piece in pieces for name in piece.doubled})
    if doubled:
        notes.append(f"second targets of a channel, left out: {', '.join(doubled)}")
    return notes

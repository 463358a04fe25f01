"""Avatars as people bring them, made small: a VRM 0, a VRM 1 and a glTF with ARKit's shapes, each a valid file.

All are one figure of balls and bars in metres, with a skin, the bones a VRM must have, eyes on bones of their own,
lids, brows and lips that part, and a texture. `extras.loops` names the lips' rims, as the built-in head's does, so that
the page can tell how far the mouth is open on the screen.
"""

import base64
import json
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Json = dict[str, Any]

_BONES: Final[dict[str, tuple[str | None, tuple[float, float, float]]]] = {
    "hips": (None, (0, 0.95, 0)),
    "spine": ("hips", (0, 1.1, 0)),
    "neck": ("spine", (0, 1.42, 0)),
    "head": ("neck", (0, 1.5, 0)),
    "leftEye": ("head", (0.032, 1.575, 0.07)),
    "rightEye": ("head", (-0.032, 1.575, 0.07)),
    "tuft": ("head", (0, 1.68, 0)),
    "tuft_end": ("tuft", (0, 1.76, 0)),
    **{
        f"{side}{part}": (f"{side}{parent}" if parent[0].isupper() else parent, (sign * x, y, 0))
        for side, sign in (("left", 1), ("right", -1))
        for part, parent, x, y in (
            ("UpperArm", "spine", 0.17, 1.38),
            ("LowerArm", "UpperArm", 0.42, 1.38),
            ("Hand", "LowerArm", 0.65, 1.38),
            ("UpperLeg", "hips", 0.09, 0.9),
            ("LowerLeg", "UpperLeg", 0.09, 0.5),
            ("Foot", "LowerLeg", 0.09, 0.08),
        )
    },
}
"""Parent and place of each bone, for a figure that looks along +Z."""

_MIXAMO: Final = {
    "head": "mixamorig:Head",
    "neck": "mixamorig:Neck",
    "leftEye": "mixamorig:LeftEye",
    "rightEye": "mixamorig:RightEye",
    "leftUpperArm": "mixamorig:LeftArm",
    "rightUpperArm": "mixamorig:RightArm",
    "leftLowerArm": "mixamorig:LeftForeArm",
    "rightLowerArm": "mixamorig:RightForeArm",
}

ARKIT_SHAPES: Final = (
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "browInnerUp",
)
_VRM_SHAPES: Final = ("aa", "ih", "ou", "ee", "oh", "blinkLeft", "blinkRight", "blink", "happy", "surprised")


@dataclass
class _Geometry:
    """Triangles of one mesh, each vertex held by one bone; `moves` are what a shape does to some of them."""

    positions: list[tuple[float, float, float]] = field(default_factory=list)
    bones: list[str] = field(default_factory=list)
    triangles: list[tuple[int, int, int]] = field(default_factory=list)

    def ball(self, centre: tuple[float, float, float], radii: tuple[float, float, float], bone: str) -> None:
        rings, around = 7, 10
        start = len(self.positions)
        for i in range(rings + 1):
            polar = np.pi * i / rings
            for k in range(around):
                turn = 2 * np.pi * k / around
                unit = (np.sin(polar) * np.sin(turn), np.cos(polar), np.sin(polar) * np.cos(turn))
                x, y, z = (float(c + r * u) for c, r, u in zip(centre, radii, unit, strict=True))
                self.positions.append((x, y, z))
                self.bones.append(bone)
        for i in range(rings):
            for k in range(around):
                a, b = start + i * around + k, start + i * around + (k + 1) % around
                self.triangles += [(a, a + around, b), (b, a + around, b + around)]

    def bar(self, left: float, right: float, low: float, high: float, depth: float, bone: str) -> list[int]:
        """A band of four quads; the indices of its lower edge, then of its upper edge."""
        start = len(self.positions)
        xs = np.linspace(left, right, 5)
        for y in (low, high):
            for x in xs:
                self.positions.append((float(x), y, depth - 2 * float(x) ** 2))
                self.bones.append(bone)
        for i in range(4):
            a = start + i
            self.triangles += [(a, a + 1, a + 5), (a + 1, a + 6, a + 5)]
        return list(range(start, start + 10))


@dataclass(frozen=True)
class _Figure:
    skin: _Geometry
    face: _Geometry
    upper_lip: list[int]
    lower_lip: list[int]
    lids: dict[str, list[int]]
    brows: list[int]

    def shape(self, name: str) -> Floats:
        """Vertex displacements of the face mesh under a shape, `[V, 3]`."""
        moved = np.zeros((len(self.face.positions), 3), np.float32)
        lower, lips = self.lower_lip, self.upper_lip + self.lower_lip
        x = np.array([p[0] for p in self.face.positions], np.float32)
        fall = {"jawOpen": 0.03, "aa": 0.03, "oh": 0.018, "ee": 0.012, "ih": 0.005, "ou": 0.006, "surprised": 0.01}
        if name in fall:
            moved[lower, 1] -= fall[name]
        if name == "mouthClose":
            moved[lower, 1] += 0.03
        if name.startswith("mouthLowerDown"):
            side = x > 0 if name.endswith("Left") else x < 0
            moved[[i for i in lower if side[i]], 1] -= 0.008
        if name in ("mouthFunnel", "mouthPucker", "ou", "oh"):
            moved[lips, 0] -= 0.4 * x[lips]
            moved[lips, 2] += 0.008
        if name in ("mouthSmileLeft", "mouthSmileRight", "happy"):
            sides = {"Left": (1,), "Right": (-1,)}.get(name.removeprefix("mouthSmile"), (1, -1))
            for sign in sides:
                moved[lips, 1] += 0.4 * np.maximum(0, sign * x[lips])
        if name in ("ee", "ih"):
            moved[lips, 0] += 0.2 * x[lips]
        if "linkLeft" in name or name == "blink":
            moved[self.lids["left"], 1] -= 0.03
        if "linkRight" in name or name == "blink":
            moved[self.lids["right"], 1] -= 0.03
        if name in ("browInnerUp", "surprised"):
            moved[self.brows, 1] += 0.015
        return moved


def _figure() -> _Figure:
    skin, face = _Geometry(), _Geometry()
    skin.ball((0, 1.58, 0), (0.085, 0.115, 0.095), "head")
    skin.ball((0, 1.72, -0.01), (0.02, 0.05, 0.02), "tuft")
    skin.ball((0, 1.44, 0), (0.04, 0.07, 0.04), "neck")
    skin.ball((0, 1.15, 0), (0.16, 0.27, 0.1), "spine")
    for side, sign in (("left", 1), ("right", -1)):
        skin.ball((sign * 0.3, 1.38, 0), (0.14, 0.035, 0.035), f"{side}UpperArm")
        skin.ball((sign * 0.53, 1.38, 0), (0.12, 0.03, 0.03), f"{side}LowerArm")
        skin.ball((sign * 0.09, 0.5, 0), (0.06, 0.45, 0.06), f"{side}UpperLeg")
        face.ball((sign * 0.032, 1.575, 0.075), (0.016, 0.016, 0.016), f"{side}Eye")
        face.ball((sign * 0.032, 1.575, 0.089), (0.006, 0.006, 0.004), f"{side}Eye")
    upper = face.bar(-0.028, 0.028, 1.524, 1.53, 0.093, "head")
    lower = face.bar(-0.028, 0.028, 1.517, 1.523, 0.093, "head")
    lids = {
        side: face.bar(sign * 0.032 - 0.018, sign * 0.032 + 0.018, 1.594, 1.622, 0.098, "head")
        for side, sign in (("left", 1), ("right", -1))
    }
    brows = [
        *face.bar(0.014, 0.05, 1.628, 1.634, 0.093, "head"),
        *face.bar(-0.05, -0.014, 1.628, 1.634, 0.093, "head"),
    ]
    return _Figure(skin, face, upper, lower, lids, brows)


class _Writer:
    """A glTF's JSON and its one buffer."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.json: Json = {
            "asset": {"version": "2.0", "generator": "Stream Engine's tests"},
            "scene": 0,
            "scenes": [{"nodes": []}],
            "nodes": [],
            "meshes": [],
            "skins": [],
            "accessors": [],
            "bufferViews": [],
            "materials": [],
        }

    def view(self, data: bytes) -> int:
        self.buffer += bytes(-len(self.buffer) % 4)
        self.json["bufferViews"].append({"buffer": 0, "byteOffset": len(self.buffer), "byteLength": len(data)})
        self.buffer += data
        return len(self.json["bufferViews"]) - 1

    def accessor(self, values: NDArray[Any], kind: str) -> int:
        component = {"float32": 5126, "uint16": 5123}[values.dtype.name]
        entry: Json = {
            "bufferView": self.view(values.tobytes()),
            "componentType": component,
            "count": len(values),
            "type": kind,
        }
        if kind == "VEC3":
            entry |= {"min": values.min(0).tolist(), "max": values.max(0).tolist()}
        self.json["accessors"].append(entry)
        return len(self.json["accessors"]) - 1

    def glb(self) -> bytes:
        self.json["buffers"] = [{"byteLength": len(self.buffer)}]
        text = json.dumps(self.json).encode()
        text += b" " * (-len(text) % 4)
        data = bytes(self.buffer) + bytes(-len(self.buffer) % 4)
        chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks

    def gltf(self) -> bytes:
        uri = "data:application/octet-stream;base64," + base64.b64encode(self.buffer).decode()
        self.json["buffers"] = [{"byteLength": len(self.buffer), "uri": uri}]
        return json.dumps(self.json).encode()


def _png() -> bytes:
    """Two by two pixels of skin."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((236, 188, 160)) * 2 for _ in range(2))
    header = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _write(shapes: dict[str, str], *, bone_names: dict[str, str], turned: bool) -> tuple[_Writer, dict[str, int]]:
    """The figure as glTF.

    Args:
        shapes: names of morph targets as they stand in the file, and the shape of `_Figure` each is.
        bone_names: names of bones in the file, where they differ from `_BONES`.
        turned: the figure looks along −Z, as VRM 0 has it.

    Returns:
        The writer, and the node of each bone.
    """
    out, figure = _Writer(), _figure()
    sign = np.array([-1, 1, -1] if turned else [1, 1, 1], np.float32)
    places = {name: sign * np.array(place, np.float32) for name, (_, place) in _BONES.items()}
    order = list(_BONES)
    nodes = {name: i for i, name in enumerate(order)}
    for name, (parent, _) in _BONES.items():
        offset = places[name] - (places[parent] if parent else 0)
        children = [nodes[child] for child, (mother, _) in _BONES.items() if mother == name]
        node: Json = {"name": bone_names.get(name, name), "translation": offset.tolist()}
        out.json["nodes"].append(node | ({"children": children} if children else {}))
    inverse = np.tile(np.eye(4, dtype=np.float32), (len(order), 1, 1))
    inverse[:, 3, :3] = [-places[name] for name in order]
    out.json["skins"].append(
        {"joints": list(range(len(order))), "inverseBindMatrices": out.accessor(inverse.reshape(-1, 16), "MAT4")}
    )
    out.json["images"] = [{"bufferView": out.view(_png()), "mimeType": "image/png"}]
    out.json["textures"] = [{"source": 0}]
    out.json["materials"] = [
        {"name": "skin", "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0}},
        {
            "name": "face",
            "doubleSided": True,
            "pbrMetallicRoughness": {"baseColorFactor": [0.35, 0.1, 0.1, 1], "metallicFactor": 0},
        },
    ]
    for material, part in enumerate((figure.skin, figure.face)):
        count = len(part.positions)
        joints = np.zeros((count, 4), np.uint16)
        joints[:, 0] = [nodes[bone] for bone in part.bones]
        weights = np.zeros((count, 4), np.float32)
        weights[:, 0] = 1
        primitive: Json = {
            "attributes": {
                "POSITION": out.accessor(sign * np.array(part.positions, np.float32), "VEC3"),
                "TEXCOORD_0": out.accessor(np.full((count, 2), 0.5, np.float32), "VEC2"),
                "JOINTS_0": out.accessor(joints, "VEC4"),
                "WEIGHTS_0": out.accessor(weights, "VEC4"),
            },
            "indices": out.accessor(np.array(part.triangles, np.uint16).ravel(), "SCALAR"),
            "material": material,
        }
        mesh: Json = {"name": ("body", "face")[material], "primitives": [primitive]}
        if part is figure.face and shapes:
            moves = [sign * figure.shape(shape) for shape in shapes.values()]
            primitive["targets"] = [{"POSITION": out.accessor(move, "VEC3")} for move in moves]
            loops = {"upperLip": figure.upper_lip[:5], "lowerLip": figure.lower_lip[5:]}
            mesh["extras"] = {"targetNames": list(shapes), "loops": loops}
        out.json["meshes"].append(mesh)
        out.json["nodes"].append({"mesh": material, "skin": 0, "name": mesh["name"]})
    out.json["scenes"][0]["nodes"] = [nodes["hips"], len(order), len(order) + 1]
    return out, nodes


def arkit_glb(*, brows: bool = True) -> bytes:
    """A glTF with ARKit's shapes in Maya's spelling, on a Mixamo skeleton."""
    shapes = {f"blendShape1.{name}": name for name in ARKIT_SHAPES if brows or not name.startswith("brow")}
    return _write(shapes, bone_names=_MIXAMO, turned=False)[0].glb()


def arkit_gltf() -> bytes:
    """The same with its buffer embedded, in another spelling and turned to −Z as some exporters leave it."""
    shapes = {name.replace("Left", "_L").replace("Right", "_R"): name for name in ARKIT_SHAPES}
    return _write(shapes, bone_names={"head": "DEF-head", "leftEye": "eye.L", "rightEye": "eye.R"}, turned=True)[
        0
    ].gltf()


def faceless_glb() -> bytes:
    """A figure without any shape."""
    return _write({}, bone_names=_MIXAMO, turned=False)[0].glb()


def external_gltf() -> bytes:
    """A glTF whose buffer lies in a file beside it."""
    document = json.loads(arkit_gltf())
    document["buffers"][0]["uri"] = "figure.bin"
    return json.dumps(document).encode()


def vrm1() -> bytes:
    """A VRM 1.0 with the presets: joy blocks the mouth, eyes look by bones, a tuft swings, drawn as a toon."""
    out, nodes = _write({name: name for name in _VRM_SHAPES}, bone_names={}, turned=False)
    face = len(out.json["nodes"]) - 1
    presets: Json = {
        name: {"morphTargetBinds": [{"node": face, "index": i, "weight": 1.0}]} for i, name in enumerate(_VRM_SHAPES)
    }
    presets["happy"] |= {"overrideMouth": "block", "overrideBlink": "blend"}
    ranges = {"inputMaxValue": 30, "outputScale": 30}
    out.json["extensionsUsed"] = ["VRMC_vrm", "VRMC_springBone", "VRMC_materials_mtoon"]
    for material in out.json["materials"]:
        material["extensions"] = {
            "VRMC_materials_mtoon": {
                "specVersion": "1.0",
                "shadeColorFactor": [0.6, 0.4, 0.35],
                "outlineWidthMode": "worldCoordinates",
                "outlineWidthFactor": 0.002,
                "outlineColorFactor": [0.1, 0.05, 0.05],
            }
        }
    out.json["extensions"] = {
        "VRMC_vrm": {
            "specVersion": "1.0",
            "meta": {"name": "Tiny", "authors": ["Stream Engine"], "licenseUrl": "https://vrm.dev/licenses/1.0/"},
            "humanoid": {"humanBones": {name: {"node": nodes[name]} for name in _BONES if "tuft" not in name}},
            "expressions": {"preset": presets},
            "lookAt": {
                "type": "bone",
                "offsetFromHeadBone": [0, 0.075, 0.07],
                "rangeMapHorizontalInner": ranges,
                "rangeMapHorizontalOuter": ranges,
                "rangeMapVerticalDown": ranges,
                "rangeMapVerticalUp": ranges,
            },
        },
        "VRMC_springBone": {
            "specVersion": "1.0",
            "springs": [{"name": "tuft", "joints": [{"node": nodes["tuft"]}, {"node": nodes["tuft_end"]}]}],
        },
    }
    return out.glb()


def vrm0(*, perfect_sync: bool = False) -> bytes:
    """A VRM 0: the presets by their old names, or ARKit's shapes as custom expressions ("perfect sync")."""
    old = {
        "aa": "a",
        "ih": "i",
        "ou": "u",
        "ee": "e",
        "oh": "o",
        "blinkLeft": "blink_l",
        "blinkRight": "blink_r",
        "happy": "joy",
    }
    names = ARKIT_SHAPES if perfect_sync else tuple(old)
    out, nodes = _write({name: name for name in names}, bone_names={}, turned=True)
    groups = [
        {
            "name": name[0].upper() + name[1:],
            "presetName": old.get(name, "unknown"),
            "binds": [{"mesh": 1, "index": i, "weight": 100}],
            "materialValues": [],
        }
        for i, name in enumerate(names)
    ]
    degrees = {"curve": [0, 0, 0, 1, 1, 1, 1, 0], "xRange": 30, "yRange": 30}
    # UniVRM writes the shapes' names into the primitive.
    out.json["meshes"][1]["primitives"][0]["extras"] = {"targetNames": list(names)}
    del out.json["meshes"][1]["extras"]["targetNames"]
    out.json["extensionsUsed"] = ["VRM"]
    out.json["extensions"] = {
        "VRM": {
            "exporterVersion": "Stream Engine's tests",
            "specVersion": "0.0",
            "meta": {"title": "Tiny", "author": "Stream Engine", "version": "1", "licenseName": "CC0"},
            "humanoid": {"humanBones": [{"bone": name, "node": nodes[name]} for name in _BONES if "tuft" not in name]},
            "firstPerson": {
                "firstPersonBone": nodes["head"],
                "firstPersonBoneOffset": {"x": 0, "y": 0.075, "z": 0.07},
                "lookAtTypeName": "Bone",
                "lookAtHorizontalInner": degrees,
                "lookAtHorizontalOuter": degrees,
                "lookAtVerticalDown": degrees,
                "lookAtVerticalUp": degrees,
            },
            "blendShapeMaster": {"blendShapeGroups": groups},
            "secondaryAnimation": {"boneGroups": [], "colliderGroups": []},
            "materialProperties": [
                {"name": name, "shader": "VRM_USE_GLTFSHADER", "renderQueue": 2000, "keywordMap": {}, "tagMap": {}}
                | {"floatProperties": {}, "vectorProperties": {}, "textureProperties": {}}
                for name in ("skin", "face")
            ],
        }
    }
    return out.glb()

"""Just enough glTF 2.0: write and read binary files of static meshes with morph targets.

Morph targets are stored as sparse accessors (only the vertices that move) of 16-bit displacements and 8-bit turns of
the normal, which is what keeps fifty-two of them small: a displacement's step is 1/32767 m, 31 µm. Positions at rest
stay floats in metres, so that no node needs a scale. Names of morph targets go to `mesh.extras.targetNames`, where
every viewer looks for them.
Source: Khronos glTF 2.0 specification, §3.6.2.3 (sparse accessors), §3.7.2.2 (morph targets), §4 (GLB);
KHR_mesh_quantization.
"""

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_COMPONENT = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32, 5122: np.int16, 5120: np.int8}
_COMPONENT_CODE = {np.dtype(kind): code for code, kind in _COMPONENT.items()}
_WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_WIDTH_NAME = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
_STILL_M = 3e-5
"""Displacements below this (30 µm) are left out of a sparse morph target."""
_STILL_TURN = 1.5e-2
"""Changes of a unit normal below this (a degree) are left out too."""
_QUANTIZED = "KHR_mesh_quantization"

Floats = NDArray[np.float32]


class GltfFormatError(ValueError):
    """The file is no binary glTF 2.0 this reader understands."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}; rebuild it with `python -m models.face build` or export it as GLB 2.0")


@dataclass(frozen=True)
class MeshPart:
    """One mesh of one primitive, in metres.

    Attributes:
        name: of mesh and node.
        positions: `[V, 3]`.
        normals: `[V, 3]`, unit length.
        faces: `[F, 3]` counter-clockwise.
        material: index into the file's materials.
        colours: `[V, 3]` or, with opacity, `[V, 4]`, linear 0..1, or None.
        uv: `[V, 2]` in 0..1, or None.
        tangents: `[V, 4]`: direction of growing u, unit length, and the sign of the bitangent; or None. Needs `uv`.
        morphs: name → displacements `[V, 3]` of positions and of normals.
        extras: further entries of `mesh.extras`.
    """

    name: str
    positions: Floats
    normals: Floats
    faces: NDArray[np.int64]
    material: int
    colours: Floats | None = None
    uv: Floats | None = None
    tangents: Floats | None = None
    morphs: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Node:
    """A place in the scene: a part, or a group of children, moved by `translation` metres."""

    name: str
    part: MeshPart | None = None
    translation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    children: Sequence["Node"] = ()


class _Writer:
    def __init__(self) -> None:
        self.blob = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []
        self.meshes: list[dict[str, Any]] = []
        self.nodes: list[dict[str, Any]] = []

    def view(self, data: bytes, target: int | None = None) -> int:
        self.blob += b"\0" * (-len(self.blob) % 4)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.blob), "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        self.blob += data
        self.views.append(view)
        return len(self.views) - 1

    def accessor(self, array: NDArray[Any], *, target: int, normalized: bool = False, bounds: bool = False) -> int:
        """An accessor of its own view; rows are padded to the four bytes that vertex attributes must be aligned to."""
        padding = 0 if array.ndim == 1 else -array.shape[1] * array.itemsize % 4
        rows = np.pad(array, ((0, 0), (0, padding // array.itemsize))) if padding else array
        entry = {"bufferView": self.view(np.ascontiguousarray(rows).tobytes(), target), **_layout(array)}
        if padding:
            self.views[-1]["byteStride"] = rows.shape[1] * array.itemsize
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry |= _bounds(array)
        self.accessors.append(entry)
        return len(self.accessors) - 1

    def sparse(self, array: NDArray[Any], *, bounds: bool = False) -> int:
        """An accessor of normalized integers that is zero but where `array` is not."""
        entry: dict[str, Any] = {**_layout(array), "normalized": True}
        moved = np.flatnonzero(array.any(1))
        if len(moved):
            index = moved.astype(np.uint16 if len(array) < 65536 else np.uint32)
            entry["sparse"] = {
                "count": len(moved),
                "indices": {"bufferView": self.view(index.tobytes()), "componentType": _COMPONENT_CODE[index.dtype]},
                "values": {"bufferView": self.view(np.ascontiguousarray(array[moved]).tobytes())},
            }
        if bounds:
            entry |= _bounds(array)
        self.accessors.append(entry)
        return len(self.accessors) - 1

    def mesh(self, part: MeshPart) -> int:
        vertex, element = 34962, 34963
        attributes = {
            "POSITION": self.accessor(part.positions.astype(np.float32), target=vertex, bounds=True),
            "NORMAL": self.accessor(_integers(part.normals, np.int16), target=vertex, normalized=True),
        }
        if part.colours is not None:
            colours = _integers(np.clip(part.colours, 0, 1), np.uint16)
            attributes["COLOR_0"] = self.accessor(colours, target=vertex, normalized=True)
        if part.uv is not None:
            attributes["TEXCOORD_0"] = self.accessor(_integers(part.uv, np.uint16), target=vertex, normalized=True)
        if part.tangents is not None:
            attributes["TANGENT"] = self.accessor(_integers(part.tangents, np.int8), target=vertex, normalized=True)
        faces = part.faces.astype(np.uint16 if len(part.positions) < 65536 else np.uint32)
        primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": self.accessor(faces.reshape(-1), target=element),
            "material": part.material,
        }
        mesh: dict[str, Any] = {"name": part.name, "primitives": [primitive]}
        if part.morphs:
            primitive["targets"] = [self._target(*deltas) for deltas in part.morphs.values()]
            mesh["weights"] = [0.0] * len(part.morphs)
            mesh["extras"] = {"targetNames": list(part.morphs)}
        if part.extras:
            mesh.setdefault("extras", {}).update(part.extras)
        self.meshes.append(mesh)
        return len(self.meshes) - 1

    def _target(self, positions: Floats, normals: Floats) -> dict[str, int]:
        moves = np.abs(positions).max(1, keepdims=True) > _STILL_M
        turns = np.abs(normals).max(1, keepdims=True) > _STILL_TURN
        # A normal that turns by more than 60° can change by more than 1; it is turned a little less.
        shortened = normals / np.maximum(np.abs(normals).max(1, keepdims=True), 1.0)
        return {
            "POSITION": self.sparse(_integers(positions * moves, np.int16), bounds=True),
            "NORMAL": self.sparse(_integers(shortened * turns, np.int8)),
        }

    def node(self, node: Node) -> int:
        entry: dict[str, Any] = {"name": node.name}
        if any(node.translation):
            entry["translation"] = list(node.translation)
        if node.part is not None:
            entry["mesh"] = self.mesh(node.part)
        if node.children:
            entry["children"] = [self.node(child) for child in node.children]
        self.nodes.append(entry)
        return len(self.nodes) - 1


def _integers(values: NDArray[Any], kind: type[np.integer[Any]]) -> NDArray[Any]:
    """Values in −1..1 (0..1 for unsigned kinds) as normalized integers."""
    most = np.iinfo(kind).max
    integers: NDArray[Any] = np.clip(np.round(values * most), -most, most).astype(kind)
    return integers


def _layout(array: NDArray[Any]) -> dict[str, Any]:
    width = 1 if array.ndim == 1 else array.shape[1]
    return {"componentType": _COMPONENT_CODE[array.dtype], "count": len(array), "type": _WIDTH_NAME[width]}


def _bounds(array: NDArray[Any]) -> dict[str, list[float]]:
    return {"min": array.min(0).tolist(), "max": array.max(0).tolist()}


def write_glb(
    path: Path,
    root: Node,
    materials: Sequence[Mapping[str, Any]],
    images: Sequence[bytes] = (),
    asset: Mapping[str, Any] | None = None,
) -> None:
    """Write a scene.

    Args:
        path: the file.
        root: the scene's one root node.
        materials: glTF material objects; `extensions` used are declared from them. Texture i is image i.
        images: PNG files.
        asset: further entries of the glTF's `asset` object, such as `copyright`.
    """
    writer = _Writer()
    top = writer.node(root)
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "models.face", **(asset or {})},
        "scene": 0,
        "scenes": [{"nodes": [top]}],
        "nodes": writer.nodes,
        "meshes": writer.meshes,
        "materials": list(materials),
    }
    if images:
        document["images"] = [{"bufferView": writer.view(png), "mimeType": "image/png"} for png in images]
        document["samplers"] = [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}]
        document["textures"] = [{"source": i, "sampler": 0} for i in range(len(images))]
    extensions = sorted({name for material in materials for name in material.get("extensions", {})})
    document["extensionsUsed"] = [_QUANTIZED, *extensions]
    document["extensionsRequired"] = [_QUANTIZED]
    document |= {"accessors": writer.accessors, "bufferViews": writer.views}
    path.write_bytes(pack_glb(document, bytes(writer.blob)))


def pack_glb(document: Mapping[str, Any], blob: bytes) -> bytes:
    """The bytes of a binary glTF; `document["buffers"]` is made to say how long the blob is."""
    blob += b"\0" * (-len(blob) % 4)
    text = json.dumps({**document, "buffers": [{"byteLength": len(blob)}]}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(blob)
    chunks = struct.pack("<II", len(text), _JSON) + text + struct.pack("<II", len(blob), _BIN) + blob
    return struct.pack("<III", _MAGIC, 2, total) + chunks


@dataclass(frozen=True)
class Glb:
    """A binary glTF opened for reading: its JSON and its one buffer."""

    path: Path
    document: dict[str, Any]
    blob: bytes

    def mesh(self, name: str) -> dict[str, Any]:
        """The mesh object of this name.

        Raises:
            GltfFormatError: there is none.
        """
        for mesh in self.document["meshes"]:
            if mesh.get("name") == name:
                found: dict[str, Any] = mesh
                return found
        raise GltfFormatError(self.path, f"no mesh named {name!r}")

    def part(self, name: str) -> tuple[dict[str, Any], slice]:
        """A part's mesh and its vertices there: all of a mesh of this name, or those `extras.parts` gives it.

        Raises:
            GltfFormatError: there is none.
        """
        for mesh in self.document["meshes"]:
            parts = mesh.get("extras", {}).get("parts", {})
            if name in parts:
                return mesh, slice(*parts[name])
        return self.mesh(name), slice(None)

    def triangles(self, name: str) -> NDArray[np.int64]:
        """A part's triangles `[F, 3]`, numbered from the part's first vertex.

        Raises:
            GltfFormatError: there is no such part.
        """
        mesh, own = self.part(name)
        primitive = mesh["primitives"][0]
        first, end, _ = own.indices(self.document["accessors"][primitive["attributes"]["POSITION"]]["count"])
        faces = self.array(primitive["indices"]).reshape(-1, 3).astype(np.int64)
        inside: NDArray[np.int64] = faces[((faces >= first) & (faces < end)).all(1)] - first
        return inside

    def array(self, accessor: int) -> NDArray[Any]:
        """An accessor's values, `[count]` or `[count, width]`; normalized integers come as float32."""
        entry = self.document["accessors"][accessor]
        kind, width = np.dtype(_COMPONENT[entry["componentType"]]), _WIDTH[entry["type"]]
        if "bufferView" in entry:
            values = self._read(entry["bufferView"], entry.get("byteOffset", 0), kind, entry["count"], width)
        else:
            values = np.zeros((entry["count"], width), kind)
        if "sparse" in entry:
            sparse, count = entry["sparse"], entry["sparse"]["count"]
            at = sparse["indices"]
            index_kind = np.dtype(_COMPONENT[at["componentType"]])
            index = self._read(at["bufferView"], at.get("byteOffset", 0), index_kind, count, 1)[:, 0]
            new = sparse["values"]
            values[index] = self._read(new["bufferView"], new.get("byteOffset", 0), kind, count, width)
        if entry.get("normalized"):
            values = np.maximum(values / np.iinfo(kind.name).max, -1.0).astype(np.float32)
        return values if width > 1 else values[:, 0]

    def _read(self, view: int, offset: int, kind: np.dtype[Any], count: int, width: int) -> NDArray[Any]:
        """`[count, width]`, rows as far apart as the view says."""
        entry = self.document["bufferViews"][view]
        strides = (entry.get("byteStride", kind.itemsize * width), kind.itemsize)
        begin = entry.get("byteOffset", 0) + offset
        return np.ndarray((count, width), kind, self.blob, begin, strides).copy()


def read_glb(path: Path) -> Glb:
    """Open a binary glTF.

    Raises:
        FileNotFoundError: there is no such file.
        GltfFormatError: it is not binary glTF 2.0.
    """
    data = path.read_bytes()
    if len(data) < 20 or struct.unpack_from("<II", data) != (_MAGIC, 2):
        raise GltfFormatError(path, "not a binary glTF 2.0 file")
    length, kind = struct.unpack_from("<II", data, 12)
    if kind != _JSON:
        raise GltfFormatError(path, "its first chunk is not JSON")
    document = json.loads(data[20 : 20 + length])
    blob = b""
    if 20 + length + 8 <= len(data):
        size, _ = struct.unpack_from("<II", data, 20 + length)
        blob = data[28 + length : 28 + length + size]
    return Glb(path, document, blob)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode `[H, W, 3]` as PNG (RFC 2083), unfiltered."""
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body

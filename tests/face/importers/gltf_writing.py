"""Writes glTFs that a test asks for: any layout of numbers, any tree of nodes."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.face.gltf import pack_glb

_CODES = {"int8": 5120, "uint8": 5121, "int16": 5122, "uint16": 5123, "uint32": 5125, "float32": 5126}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


class Document:
    """A glTF in the making: add numbers, then meshes and nodes, then write it."""

    def __init__(self) -> None:
        self.blob = bytearray()
        self.json: dict[str, Any] = {
            "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}], "nodes": [], "meshes": [],
            "accessors": [], "bufferViews": [],
        }  # fmt: skip

    def numbers(self, values: NDArray[Any], *, normalized: bool = False, stride: int = 0, sparse: bool = False) -> int:
        """An accessor; `stride` interleaves with padding, `sparse` keeps only the rows that are not zero."""
        values = values.reshape(len(values), -1)
        entry: dict[str, Any] = {
            "componentType": _CODES[values.dtype.name], "count": len(values), "type": _TYPES[values.shape[1]],
        }  # fmt: skip
        if normalized:
            entry["normalized"] = True
        if sparse:
            rows = np.flatnonzero(values.any(1)).astype(np.uint16)
            entry["sparse"] = {
                "count": len(rows),
                "indices": {"bufferView": self._view(rows.tobytes()), "componentType": _CODES["uint16"]},
                "values": {"bufferView": self._view(values[rows].tobytes())},
            }
        elif stride:
            padded = np.zeros((len(values), stride), np.uint8)
            size = values.shape[1] * values.itemsize
            padded[:, 4 : 4 + size] = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), size)
            entry |= {"bufferView": self._view(padded.tobytes(), byteStride=stride), "byteOffset": 4}
        else:
            entry["bufferView"] = self._view(values.tobytes())
        self.json["accessors"].append(entry)
        return len(self.json["accessors"]) - 1

    def _view(self, data: bytes, **more: int) -> int:
        self.blob += b"\0" * (-len(self.blob) % 4)
        self.json["bufferViews"].append({"buffer": 0, "byteOffset": len(self.blob), "byteLength": len(data), **more})
        self.blob += data
        return len(self.json["bufferViews"]) - 1

    def mesh(self, name: str, targets: dict[str, int], *, indices: int, **attributes: int) -> int:
        """A mesh of one primitive."""
        primitive = {
            "attributes": attributes, "indices": indices, "targets": [{"POSITION": at} for at in targets.values()],
        }  # fmt: skip
        self.json["meshes"].append({"name": name, "primitives": [primitive], "extras": {"targetNames": list(targets)}})
        return len(self.json["meshes"]) - 1

    def node(self, *, root: bool = True, **entries: Any) -> int:
        """A node."""
        self.json["nodes"].append(entries)
        index = len(self.json["nodes"]) - 1
        if root:
            self.json["scenes"][0]["nodes"].append(index)
        return index

    def write(self, path: Path, *, embedded: bool = False) -> Path:
        """Writes `.glb`, or `.gltf` with its numbers in a file beside it (`embedded`: in a data URI)."""
        if path.suffix == ".glb":
            path.write_bytes(pack_glb(self.json, bytes(self.blob)))
            return path
        uri = (
            "data:application/octet-stream;base64," + b64encode(self.blob).decode() if embedded else "the%20numbers.bin"
        )
        if not embedded:
            (path.parent / "the numbers.bin").write_bytes(self.blob)
        path.write_text(json.dumps({**self.json, "buffers": [{"byteLength": len(self.blob), "uri": uri}]}))
        return path

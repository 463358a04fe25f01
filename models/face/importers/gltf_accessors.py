"""Numbers out of any glTF 2.0: external, embedded and data-URI buffers, strides, sparse and normalized accessors.

Source: Khronos glTF 2.0 specification, §3.6; KHR_mesh_quantization.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray
from pygltflib import GLTF2

from models.face.importers.source_rig import RigImportError

_KINDS: Final[dict[int, np.dtype[Any]]] = {
    code: np.dtype(kind).newbyteorder("<")
    for code, kind in (
        (5120, np.int8), (5121, np.uint8), (5122, np.int16), (5123, np.uint16), (5125, np.uint32), (5126, np.float32),
    )
}  # fmt: skip
_WIDTHS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_UNREADABLE: Final = ("KHR_draco_mesh_compression", "EXT_meshopt_compression", "KHR_meshopt_compression")


class GltfNumbers:
    """An opened glTF and its numbers.

    Args:
        path: `.gltf`, `.glb` or `.vrm`.

    Attributes:
        gltf: the document.

    Raises:
        RigImportError: it is no glTF 2.0, is compressed, or a buffer of it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.gltf = GLTF2.load_json(str(path)) if path.suffix.lower() == ".gltf" else GLTF2.load_binary(str(path))
        except FileNotFoundError as error:
            raise RigImportError(f"there is no file {path}") from error
        except Exception as error:  # pygltflib lets whatever its parsing meets pass through
            raise RigImportError(f"{path} is no glTF 2.0 ({error}); export it anew, as .glb") from error
        if self.gltf is None or not str(self.gltf.asset.version).startswith("2"):
            raise RigImportError(f"{path} is no glTF 2.0; export it anew, as .glb")
        for name in _UNREADABLE:
            if name in (self.gltf.extensionsRequired or []):
                raise RigImportError(f"{path} is compressed ({name}); export it without compression")
        self._buffers: dict[int, bytes] = {}

    def array(self, index: int) -> NDArray[np.float64]:
        """Values of an accessor, `[count, width]`; normalized integers as their share of the largest."""
        accessor = self.gltf.accessors[index]
        kind, width = _KINDS[accessor.componentType], _WIDTHS[accessor.type]
        if accessor.bufferView is None:
            values = np.zeros((accessor.count, width), kind)
        else:
            values = self._read(accessor.bufferView, accessor.byteOffset or 0, kind, accessor.count, width).copy()
        if accessor.sparse is not None:
            sparse = accessor.sparse
            at = self._read(
                sparse.indices.bufferView, sparse.indices.byteOffset or 0, _KINDS[sparse.indices.componentType],
                sparse.count, 1,
            )  # fmt: skip
            values[at[:, 0]] = self._read(
                sparse.values.bufferView, sparse.values.byteOffset or 0, kind, sparse.count, width
            )
        numbers = values.astype(np.float64)
        if accessor.normalized:
            numbers = np.maximum(numbers / np.iinfo(kind).max, -1.0)
        return numbers

    def _read(self, view: int, offset: int, kind: np.dtype[Any], count: int, width: int) -> NDArray[Any]:
        entry = self.gltf.bufferViews[view]
        data = self._buffer(entry.buffer)
        start = (entry.byteOffset or 0) + offset
        size = kind.itemsize * width
        stride = entry.byteStride or size
        if count and start + (count - 1) * stride + size > len(data):
            raise RigImportError(f"{self._path} ends before its numbers do; copy or export it anew")
        return np.ndarray((count, width), kind, data, start, (stride, kind.itemsize))

    def _buffer(self, index: int) -> bytes:
        if index not in self._buffers:
            self._buffers[index] = self._load(index)
        return self._buffers[index]

    def _load(self, index: int) -> bytes:
        uri: str | None = self.gltf.buffers[index].uri
        if uri is None:
            return bytes(self.gltf.binary_blob() or b"")
        if uri.startswith("data:"):
            try:
                return b64decode(uri.partition(",")[2], validate=True)
            except Base64Error as error:
                raise RigImportError(f"{self._path} holds a damaged buffer ({error}); export it anew") from error
        if "://" in uri:
            raise RigImportError(f"{self._path} keeps its numbers on the net ({uri}); export it as .glb")
        file = self._path.parent / unquote(uri)
        try:
            return file.read_bytes()
        except OSError as error:
            raise RigImportError(
                f"{self._path} needs {file}, which cannot be read; put it there, or export .glb"
            ) from error

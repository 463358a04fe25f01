"""A contact sheet of a head, drawn in numpy: to look at every morph without a browser or a graphics card.

A plain rasterizer: perspective, depth by sorting fragments, interpolated normals and colours, three lights. It shows
shape, not finish; the studio shows finish.
"""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPES
from models.face.gltf import Glb, png, read_glb
from models.face.poses import EMOTIONS, VISEMES

Floats = NDArray[np.float64]

_FIELD_OF_VIEW_DEG = 22.0
_OVERSAMPLE = 2
_BACKGROUND: Floats = np.array([0.50, 0.56, 0.60])
_LIGHTS: tuple[tuple[tuple[float, float, float], tuple[float, float, float]], ...] = (
    ((-0.42, 0.50, 0.76), (0.74, 0.69, 0.63)),
    ((0.75, 0.10, 0.65), (0.20, 0.19, 0.20)),
    ((0.60, 0.40, -0.69), (0.22, 0.25, 0.30)),
)
_AMBIENT: Floats = np.array([0.34, 0.33, 0.33])


@dataclass(frozen=True)
class Tile:
    """One picture: channel weights and a camera, degrees and metres."""

    name: str
    weights: Mapping[str, float]
    yaw: float = 0.0
    pitch: float = 0.0
    distance: float = 0.86
    centre_y: float = -0.012


class _Part:
    def __init__(self, glb: Glb, node: dict[str, Any]) -> None:
        document = glb.document
        mesh = document["meshes"][node["mesh"]]
        primitive = mesh["primitives"][0]
        attributes = primitive["attributes"]
        self.offset: Floats = np.array(node.get("translation", (0.0, 0.0, 0.0)))
        self.positions: Floats = glb.array(attributes["POSITION"]).astype(float)
        self.normals: Floats = glb.array(attributes["NORMAL"]).astype(float)
        self.faces: NDArray[np.int64] = glb.array(primitive["indices"]).reshape(-1, 3).astype(np.int64)
        material = document["materials"][primitive["material"]]
        if material.get("doubleSided"):
            self.faces = np.concatenate([self.faces, self.faces[:, ::-1]])
        pbr = material["pbrMetallicRoughness"]
        self.colours: Floats = np.tile(np.array(pbr.get("baseColorFactor", (1, 1, 1, 1))[:3]), (len(self.positions), 1))
        if "COLOR_0" in attributes:
            self.colours = self.colours * glb.array(attributes["COLOR_0"])[:, :3]
        if "baseColorTexture" in pbr:
            texture = document["textures"][pbr["baseColorTexture"]["index"]]["source"]
            view = document["bufferViews"][document["images"][texture]["bufferView"]]
            pixels = _read_png(glb.blob[view["byteOffset"] : view["byteOffset"] + view["byteLength"]])
            uv = glb.array(attributes["TEXCOORD_0"])
            at = np.clip((uv * (pixels.shape[1], pixels.shape[0])).astype(int), 0, pixels.shape[0] - 1)
            self.colours = self.colours * (pixels[at[:, 1], at[:, 0]] / 255.0) ** 2.2
        self.lit = "KHR_materials_unlit" not in material.get("extensions", {})
        names = mesh.get("extras", {}).get("targetNames", [])
        self.targets: dict[str, dict[str, int]] = dict(zip(names, primitive.get("targets", []), strict=True))
        self._glb = glb

    def posed(self, weights: Mapping[str, float]) -> tuple[Floats, Floats]:
        positions, normals = self.positions + self.offset, self.normals.copy()
        for channel, weight in weights.items():
            target = self.targets.get(channel[0].lower() + channel[1:])
            if target is not None:
                positions += weight * self._glb.array(target["POSITION"])
                normals += weight * self._glb.array(target["NORMAL"])
        return positions, normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)


def standard_tiles() -> list[Tile]:
    """Views, visemes close up, emotions, and each blendshape at full weight."""
    smile = {"MouthSmileLeft": 0.25, "MouthSmileRight": 0.25}
    views = [Tile("front", smile), Tile("three-quarter", smile, 38, 4), Tile("profile", {}, 88, 2)]
    mouths = [Tile(name, weights, 10, 0, 0.46, -0.04) for name, weights in VISEMES.items()]
    feelings = [Tile(name, weights, 12, 0) for name, weights in EMOTIONS.items()]
    shapes = [Tile(name, {name: 1.0}, 12, 0, 0.62, -0.015) for name in BLENDSHAPES]
    return views + mouths + feelings + shapes


def write_sheet(head: Path, out: Path, tiles: Sequence[Tile], *, columns: int = 8, size: int = 240) -> None:
    """Draw tiles row by row into a PNG.

    Args:
        head: a binary glTF.
        out: the picture to write.
        tiles: what to draw.
        columns: tiles in a row.
        size: pixels along a tile's edge.
    """
    glb = read_glb(head)
    parts = [_Part(glb, node) for node in glb.document["nodes"] if "mesh" in node]
    rows = -(-len(tiles) // columns)
    sheet = np.ones((rows * size, columns * size, 3)) * _BACKGROUND
    for i, tile in enumerate(tiles):
        row, column = divmod(i, columns)
        sheet[row * size : (row + 1) * size, column * size : (column + 1) * size] = _draw(parts, tile, size)
    out.write_bytes(png(np.round(np.clip(sheet, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)))


def _draw(parts: Sequence[_Part], tile: Tile, size: int) -> Floats:
    """One tile, linear light `[size, size, 3]`."""
    yaw, pitch = np.radians(tile.yaw), np.radians(tile.pitch)
    back = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    right = np.array([np.cos(yaw), 0.0, -np.sin(yaw)])
    camera = np.stack([right, np.cross(back, right), back])
    eye = back * tile.distance + (0.0, tile.centre_y, 0.0)
    side = size * _OVERSAMPLE
    focal = side / 2 / np.tan(np.radians(_FIELD_OF_VIEW_DEG / 2))
    points, colours, faces, count = [], [], [], 0
    for part in parts:
        positions, normals = part.posed(tile.weights)
        seen = (positions - eye) @ camera.T
        light = np.tile(_AMBIENT, (len(normals), 1)) if part.lit else np.ones((len(normals), 3))
        for direction, strength in _LIGHTS if part.lit else ():
            wrap = np.clip((normals @ np.array(direction) + 0.15) / 1.15, 0, None)
            light = light + wrap[:, None] * np.array(strength)
        points.append(np.stack([side / 2 - focal * seen[:, 0] / seen[:, 2], side / 2 + focal * seen[:, 1] / seen[:, 2],
                                -seen[:, 2]], -1))  # fmt: skip
        colours.append(part.colours * light)
        faces.append(part.faces + count)
        count += len(positions)
    image = _rasterize(np.concatenate(points), np.concatenate(colours), np.concatenate(faces), side)
    smooth: Floats = image.reshape(size, _OVERSAMPLE, size, _OVERSAMPLE, 3).mean((1, 3))
    return smooth


def _rasterize(points: Floats, colours: Floats, faces: NDArray[np.int64], side: int) -> Floats:
    """Front-facing triangles (x right, y down, z depth) onto `[side, side, 3]`, nearest fragment wins."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    low = np.floor(np.minimum(np.minimum(a, b), c)[:, :2]).astype(int)
    high = np.ceil(np.maximum(np.maximum(a, b), c)[:, :2]).astype(int)
    reach = (high - low).max(1)
    on_screen = (area < -1e-9) & (high > 0).all(1) & (low < side).all(1)
    pixels, depths, owners, shares = [], [], [], []
    edge = 1
    while edge <= side:
        mine = np.flatnonzero(on_screen & (reach <= edge) & (reach > edge // 2))
        edge_now, edge = edge, edge * 2
        if len(mine) == 0:
            continue
        for dy in range(edge_now):
            for dx in range(edge_now):
                x, y = low[mine, 0] + dx, low[mine, 1] + dy
                u = _share(b[mine], c[mine], x + 0.5, y + 0.5) / area[mine]
                v = _share(c[mine], a[mine], x + 0.5, y + 0.5) / area[mine]
                w = 1 - u - v
                hit = (u >= 0) & (v >= 0) & (w >= 0) & (x >= 0) & (y >= 0) & (x < side) & (y < side)
                weights = np.stack([u, v, w], -1)[hit]
                depths.append((weights * np.stack([p[mine[hit], 2] for p in (a, b, c)], -1)).sum(1))
                pixels.append((y * side + x)[hit])
                owners.append(mine[hit])
                shares.append(weights)
    image = np.ones((side * side, 3)) * _BACKGROUND
    pixel, depth = np.concatenate(pixels), np.concatenate(depths)
    nearest_last = np.argsort(-depth, kind="stable")
    owner, share = np.concatenate(owners)[nearest_last], np.concatenate(shares)[nearest_last]
    image[pixel[nearest_last]] = (colours[faces[owner]] * share[..., None]).sum(1)
    return image.reshape(side, side, 3)


def _share(p: Floats, q: Floats, x: Floats, y: Floats) -> Floats:
    """Twice the signed area of p, q and the point."""
    area: Floats = (q[:, 0] - p[:, 0]) * (y - p[:, 1]) - (q[:, 1] - p[:, 1]) * (x - p[:, 0])
    return area


def _read_png(data: bytes) -> NDArray[np.uint8]:
    """Pixels `[H, W, 3]` of a PNG as `models.face.gltf.png` writes them: 8-bit RGB, unfiltered, one IDAT."""
    width, height = struct.unpack_from(">II", data, 16)
    length = struct.unpack_from(">I", data, 33)[0]
    rows = np.frombuffer(zlib.decompress(data[41 : 41 + length]), np.uint8).reshape(height, 1 + 3 * width)
    return rows[:, 1:].reshape(height, width, 3)

"""The contact sheet shows a face, and a morph changes the picture where it should."""

import struct
from pathlib import Path

import numpy as np

from models.face.head_rig import HEAD_PATH
from models.face.sheet import Tile, _read_png, standard_tiles, write_sheet


def test_an_open_jaw_darkens_the_mouth_and_nothing_above(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    write_sheet(HEAD_PATH, out, [Tile("rest", {}), Tile("open", {"JawOpen": 1.0})], columns=2, size=96)
    data = out.read_bytes()
    assert struct.unpack_from(">II", data, 16) == (192, 96)
    pixels = _read_png(data).astype(float)
    rest, opened = pixels[:, :96], pixels[:, 96:]
    change = np.abs(opened - rest).sum(-1)
    assert change[:45].max() < 30
    mouth = slice(56, 68), slice(43, 53)
    assert opened[mouth].mean() < rest[mouth].mean() - 25


def test_every_blendshape_has_a_tile() -> None:
    names = [tile.name for tile in standard_tiles()]
    assert len(names) == len(set(names))
    assert {"front", "aa", "joy", "JawOpen", "TongueOut"} <= set(names)

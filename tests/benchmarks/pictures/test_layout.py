import numpy as np
import pytest
from PIL import Image

from benchmarks.pictures.layout import INK, MARGIN, PAGE, Tile, grid, rounded_mask

RED = (200, 0, 0)
SIZE = (60, 40)


def tile(label: str = "", note: str = "") -> Tile:
    return Tile(Image.new("RGB", SIZE, RED), label, note)


def patches(sheet: Image.Image) -> list[tuple[int, int]]:
    """Corners of the red pictures, from left to right and from top to bottom."""
    red = (np.asarray(sheet) == RED).all(-1)
    inner = red & ~np.roll(red, 1, 1)
    rows = np.flatnonzero(red.any(1) & ~np.roll(red.any(1), 1))
    return [(int(row), int(column)) for row in rows for column in np.flatnonzero(inner[row + SIZE[1] // 2])]


def test_tiles_fill_rows_from_left_to_right() -> None:
    found = patches(grid([tile(str(i)) for i in range(5)], 3))
    assert [column for row, column in found if row == found[0][0]] == [MARGIN, MARGIN + 74, MARGIN + 148]
    assert len(found) == 5
    assert len({row for row, _ in found}) == 2


def test_labels_stand_under_their_pictures_and_never_beyond_them() -> None:
    wide = Image.new("RGB", (200, 40), RED)
    sheet = np.asarray(grid([Tile(wide, "MouthLowerDownRight", "and a long remark on it"), Tile(wide)], 2)).astype(int)
    ink = (sheet < 160).all(-1)  # neither the page nor red
    rows, columns = np.nonzero(ink)
    assert len(rows) > 20
    assert rows.min() > MARGIN + 40
    assert columns.min() >= MARGIN
    assert columns.max() < MARGIN + 200
    assert sheet[ink].min() >= min(INK) - 1


def test_a_sheet_without_labels_has_no_room_for_them() -> None:
    assert grid([tile()], 1).size == (SIZE[0] + 2 * MARGIN, SIZE[1] + 2 * MARGIN)
    assert grid([tile()], 1).getpixel((2, 2)) == PAGE


def test_tiles_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="one size"):
        grid([tile(), Tile(Image.new("RGB", (10, 10)))], 2)
    with pytest.raises(ValueError, match="one size"):
        grid([], 2)


def test_corners_are_round_and_smooth() -> None:
    mask = np.asarray(rounded_mask((60, 40), 10))
    assert mask[0, 0] == 0
    assert mask[20, 30] == 255
    assert ((mask > 0) & (mask < 255)).sum() >= 8

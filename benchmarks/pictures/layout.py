"""Sheets of labelled pictures. Pure: pictures in, one picture out."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

PAGE = (255, 255, 255)
INK = (33, 37, 41)
FAINT = (120, 128, 137)
MARGIN = 24
_GAP = 14
_RADIUS = 10
_SMOOTH = 4
_LINE = 1.3


@dataclass(frozen=True)
class Tile:
    """A picture and what it shows.

    Attributes:
        picture: all tiles of a sheet have one size.
        label: its name, under it; empty for none.
        note: more about it, fainter, after the label.
    """

    picture: Image.Image
    label: str = ""
    note: str = ""


def font(size: float) -> ImageFont.FreeTypeFont:
    """Pillow's own typeface (Aileron, CC0; Basic Latin only): the same on every machine."""
    found = ImageFont.load_default(size)
    if not isinstance(found, ImageFont.FreeTypeFont):
        raise RuntimeError("this Pillow was built without FreeType and cannot set text; install one from a wheel")
    return found


def grid(tiles: Sequence[Tile], columns: int, *, text: float = 20) -> Image.Image:
    """Tiles row by row with their labels under them.

    Args:
        tiles: at least one; all pictures of one size.
        columns: tiles in a row.
        text: size of the labels, pixels.

    Raises:
        ValueError: no tiles, or of different sizes.
    """
    sizes = {tile.picture.size for tile in tiles}
    if len(sizes) != 1:
        raise ValueError(f"a sheet takes tiles of one size, not of {sorted(sizes)}")
    ((width, height),) = sizes
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    below = round(_LINE * text + 10) if any(tile.label or tile.note for tile in tiles) else 0
    step_x, step_y = width + _GAP, height + below + _GAP
    sheet = Image.new(
        "RGB", (2 * MARGIN + columns * step_x - _GAP, 2 * MARGIN + rows * step_y - _GAP - (below > 0) * 4), PAGE
    )
    draw = ImageDraw.Draw(sheet)
    mask = rounded_mask((width, height))
    for i, tile in enumerate(tiles):
        row, column = divmod(i, columns)
        x, y = MARGIN + column * step_x, MARGIN + row * step_y
        sheet.paste(tile.picture.convert("RGB"), (x, y), mask)
        _caption(draw, tile, x + width / 2, y + height + 6, width, text)
    return sheet


def rounded_mask(size: tuple[int, int], radius: int = _RADIUS) -> Image.Image:
    """A mask with smooth round corners."""
    large = Image.new("L", (size[0] * _SMOOTH, size[1] * _SMOOTH), 0)
    edge = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(edge, radius * _SMOOTH, fill=255)
    return large.resize(size, Image.Resampling.LANCZOS)


def _caption(draw: ImageDraw.ImageDraw, tile: Tile, middle: float, top: float, room: float, text: float) -> None:
    """Label and note on one line, shrunk where the tile is narrower."""
    separator = "  " if tile.label and tile.note else ""
    whole = tile.label + separator + tile.note
    face = font(text)
    # Hinting makes widths follow sizes in steps.
    while face.getlength(whole) > room and text > 1:
        text -= 0.5
        face = font(text)
    x = middle - face.getlength(whole) / 2
    draw.text((x, top), tile.label + separator, font=face, fill=INK)
    draw.text((x + face.getlength(tile.label + separator), top), tile.note, font=face, fill=FAINT)

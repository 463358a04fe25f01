"""Finds a face's lips from how its jaw opens.

Skin stretches smoothly everywhere but at the mouth: there, vertices that nearly touch are torn apart. The search starts
in the middle of the face with the foremost such pair, and walks outwards along the slit until it closes.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.importers.source_rig import Floats, Indices, Lips, RigImportError

_STEP_MM: Final = 1.0
_HALF_STATION_MM: Final = 1.6
"""A station takes vertices this far to either side: lips are modelled with a vertex every two or three millimetres."""
_REACH_MM: Final = (3.0, 6.0, 10.0)
"""How far apart lips at rest may be: together, parted, open."""
_TORN_IN_THE_MIDDLE: Final = 0.4
_TORN: Final = 0.12
"""Least difference of two lips' motion, as shares of the jaw's."""
_TEAR: Final = 0.08
"""Least difference per millimetre between them; skin that stretches has a third of it."""
_FORWARD: Final = 0.3
"""Millimetres of distance that a millimetre further forward is worth: behind the lips the mouth's walls touch, too."""
_LONGEST_STEP_MM: Final = 5.0
_CONTRAST: Final = 0.15
"""The slit ends where motion per distance falls to this share of the middle's."""
_PAIR_AT: Final = 0.4
"""Where the two outer pairs are, as share of the way to the corner."""
_RED: Final = 0.2
"""How far from the slit the red of the lips reaches, as share of the mouth's width."""
_RED_DEPTH_MM: Final = 4.0


def find_lips(vertices: Floats, faces: Indices, jaw_open: Floats) -> Lips:
    """Lips of a face in millimetres, +Y up, +Z forward, +X the character's left.

    Args:
        vertices: `[V, 3]`.
        faces: `[F, 3]`.
        jaw_open: `[V, 3]` displacement at JawOpen = 1.

    Returns:
        Three pairs of inner-lip vertices, the middle one first, the corners, and the red of the lips.

    Raises:
        RigImportError: the jaw opens no mouth.
    """
    amount = np.linalg.norm(jaw_open, axis=1)
    if not amount.max() > 0:
        raise RigImportError("its JawOpen moves nothing, so its lips cannot be found; name them with --lips")
    share = amount / amount.max()
    skin = _skin(vertices, faces, jaw_open, share)
    middle = float((vertices[skin, 0] * share[skin] ** 2).sum() / (share[skin] ** 2).sum())
    start = None
    for reach in _REACH_MM:
        start = _pair(vertices, share, _station(vertices, skin, middle), _TORN_IN_THE_MIDDLE, reach)
        if start is not None:
            break
    if start is None:
        raise RigImportError("its JawOpen parts no lips (is the mouth modelled shut?); name them with --lips")
    sides = [_walk(vertices, share, skin, middle, start, sign, reach) for sign in (1.0, -1.0)]
    corners = [walk[-1] for walk in sides]
    width = abs(vertices[corners[0][0], 0] - vertices[corners[1][0], 0])
    if width < 5:
        raise RigImportError(f"the mouth found is only {width:.1f} mm wide; name the lips with --lips")
    pairs = [start] + [
        min(walk, key=lambda pair: abs(abs(vertices[pair[0], 0] - middle) - _PAIR_AT * width / 2)) for walk in sides
    ]
    slit = np.array([_middle(vertices, pair) for walk in (sides[1][::-1], sides[0]) for pair in walk])
    left, right = (_outermost(vertices, pair, middle) for pair in corners)
    return Lips(
        upper=tuple(u for u, _ in pairs),
        lower=tuple(low for _, low in pairs),
        corners=(left, right),
        red=tuple(_red(vertices, skin, slit, _RED * width).tolist()),
        found=True,
    )


def _walk(
    vertices: Floats,
    share: Floats,
    skin: NDArray[np.bool_],
    middle: float,
    start: tuple[int, int],
    sign: float,
    reach: float,
) -> list[tuple[int, int]]:
    """Pairs from the middle to one corner."""
    walk = [start]
    least = max(_CONTRAST * _contrast(vertices, share, start), 0.1)
    width = float(np.ptp(vertices[skin, 0]))
    for x in np.arange(_STEP_MM, width / 2, _STEP_MM):
        here = _station(vertices, skin, middle + sign * x)
        here = here[np.linalg.norm(vertices[here] - _middle(vertices, walk[-1]), axis=1) < _LONGEST_STEP_MM]
        pair = _pair(vertices, share, here, _TORN, reach)
        if pair is None or _contrast(vertices, share, pair) < least:
            break
        walk.append(pair)
    return walk


def _station(vertices: Floats, skin: NDArray[np.bool_], x: float) -> Indices:
    return np.flatnonzero(skin & (np.abs(vertices[:, 0] - x) < _HALF_STATION_MM)).astype(np.int64)


def _pair(vertices: Floats, share: Floats, here: Indices, torn: float, reach: float) -> tuple[int, int] | None:
    """Upper and lower lip among some vertices: near each other, foremost, torn apart by the jaw."""
    if len(here) < 2:
        return None
    place = vertices[here]
    distance = np.linalg.norm((place[:, None] - place[None])[..., 1:], axis=-1)
    apart = share[here][None] - share[here][:, None]
    cost = distance - _FORWARD * (place[:, None, 2] + place[None, :, 2]) / 2
    cost = np.where((apart > torn) & (apart > _TEAR * distance) & (distance < reach), cost, np.inf)
    upper, lower = np.unravel_index(int(cost.argmin()), cost.shape)
    return (int(here[upper]), int(here[lower])) if np.isfinite(cost[upper, lower]) else None


def _contrast(vertices: Floats, share: Floats, pair: tuple[int, int]) -> float:
    """How much the two lips' motions differ per millimetre between them."""
    upper, lower = pair
    distance = float(np.linalg.norm(vertices[upper, 1:] - vertices[lower, 1:]))
    return float(share[lower] - share[upper]) / max(distance, 0.5)


def _middle(vertices: Floats, pair: tuple[int, int]) -> Floats:
    between: Floats = (vertices[pair[0]] + vertices[pair[1]]) / 2
    return between


def _outermost(vertices: Floats, pair: tuple[int, int], middle: float) -> int:
    return max(pair, key=lambda vertex: abs(vertices[vertex, 0] - middle))


def _red(vertices: Floats, skin: NDArray[np.bool_], slit: Floats, reach: float) -> Indices:
    """Skin near the slit, seen from the front, as deep as lips roll in."""
    order = np.argsort(slit[:, 0])
    x = vertices[:, 0]
    y, z = (np.interp(x, slit[order, 0], slit[order, axis]) for axis in (1, 2))
    beside = np.maximum(0, np.maximum(slit[:, 0].min() - x, x - slit[:, 0].max()))
    near = np.hypot(vertices[:, 1] - y, 2 * beside) < reach
    return np.flatnonzero(skin & near & (vertices[:, 2] > z - _RED_DEPTH_MM)).astype(np.int64)


def _skin(vertices: Floats, faces: Indices, jaw_open: Floats, share: Floats) -> NDArray[np.bool_]:
    """The largest connected piece that the jaw moves; seams (vertices doubled for texture) do not part it."""
    # Lips that touch at rest are told apart by how they move.
    key = np.round(np.concatenate([vertices, jaw_open], axis=1) / 0.01).astype(np.int64)
    _, weld = np.unique(key, axis=0, return_inverse=True)
    weld = weld.reshape(-1)
    edges = weld[np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])]
    label = np.arange(weld.max() + 1)
    while True:
        least = label.copy()
        low = np.minimum(label[edges[:, 0]], label[edges[:, 1]])
        np.minimum.at(least, edges[:, 0], low)
        np.minimum.at(least, edges[:, 1], low)
        least = least[least]
        if (least == label).all():
            break
        label = least
    piece = label[weld]
    moved = np.unique(piece[share > 0.3])
    extent = [float(np.linalg.norm(np.ptp(vertices[piece == one], axis=0))) for one in moved]
    skin: NDArray[np.bool_] = piece == moved[int(np.argmax(extent))]
    return skin

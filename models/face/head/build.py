"""Sculpts the head and writes it as a binary glTF."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.face import gltf
from models.face.head import (
    brows_lashes,
    ears,
    eye_rings,
    eyes,
    field,
    hair,
    lid_shadow,
    lids,
    mouth_inside,
    mouth_rings,
    shirt,
    surfaces,
)
from models.face.head.colours import blend, skin_colours, srgb
from models.face.head.fill import Fill
from models.face.head.form import Form
from models.face.head.jaw import Jaw
from models.face.head.lip_loops import LipLoops
from models.face.head.looks import Look
from models.face.head.mesh import Mesh, vertex_normals
from models.face.head.morphs import skin_morphs
from models.face.head.nostrils import nostril_depth
from models.face.head.parts import Budget, joined, part
from models.face.head.proportions import JAW_SWING, JAW_THRUST, MIRROR, Array, Ints, Proportions, unit
from models.face.head.topology import Skin, build_skin
from models.face.head.unwrap import unwrap

_MM_TO_M = 1e-3
_LIGHT_SKIN = 3200
"""Vertices of the light variant's skin."""


@dataclass(frozen=True)
class Sculpture:
    """A look's skin and what moves it: what its two variants have in common."""

    look: Look
    skin: Skin
    lips: LipLoops
    jaw: Jaw
    morphs: Mapping[str, Array]


def sculpt(look: Look) -> Sculpture:
    """Shape the skin of a look and its 52 morphs."""
    skin = build_skin(Form(look.proportions))
    lips = LipLoops(skin, Fill(skin))
    jaw = Jaw(lips)
    return Sculpture(look, skin, lips, jaw, skin_morphs(skin, lips, jaw))


def write_head(path: Path, sculpture: Sculpture, *, light: bool = False) -> None:
    """Give a sculpture eyes, mouth, hair and shirt, and write it.

    Args:
        path: the binary glTF to write.
        sculpture: the skin.
        light: the variant of at most 8 thousand vertices, for phones and for drawing without a graphics card.
    """
    look, skin, lips, morphs = sculpture.look, sculpture.skin, sculpture.lips, sculpture.morphs
    lip_z = float(skin.mesh.vertices[lips.upper_pairs[0], 2])
    face, bag = _skin_parts(skin, lips, morphs, look, light=light)
    nodes = [
        _node(face),
        *_mouth_nodes(look.proportions, sculpture.jaw, lip_z, bag, light=light),
        *_eye_nodes(look.proportions, light=light),
        *_hairy_nodes(skin, morphs, look, light=light),
    ]
    cloth, shade = shirt.shirt(look.cut)
    chest, _ = part(
        "shirt",
        cloth,
        surfaces.SHIRT,
        colours=np.repeat(shade[:, None], 3, axis=1),
        budget=Budget(320) if light else None,
    )
    shoulders = _node(chest)  # they stay when the head turns
    gltf.write_glb(
        path,
        gltf.Node("bust", children=[gltf.Node("head", children=nodes), shoulders]),
        surfaces.materials(look.hair, look.shirt),
        images=[eyes.iris_texture(look.iris.dark, look.iris.mid, look.iris.light)],
    )


def _node(part: gltf.MeshPart, at: Array | None = None) -> gltf.Node:
    """A node of the part's name, `at` millimetres."""
    x, y, z = (0.0, 0.0, 0.0) if at is None else (float(c) * _MM_TO_M for c in at)
    return gltf.Node(part.name, part, (x, y, z))


def _skin_parts(
    skin: Skin, lips: LipLoops, morphs: Mapping[str, Array], look: Look, *, light: bool
) -> tuple[gltf.MeshPart, gltf.MeshPart]:
    """The skin, ears included, with all 52 morphs, and the mouth's bag with those that move it."""
    vertices, faces = skin.mesh.vertices, skin.mesh.faces
    ring = np.full(len(vertices), -1)
    for row, ids in enumerate(skin.mouth):
        ring[ids] = row
    ring[skin.pole] = mouth_rings.RINGS
    in_bag = (ring[faces] >= mouth_rings.CONTACT + 2).all(1)
    colours = skin_colours(skin, nostril_depth(vertices), look.tones)
    colours = blend(colours, srgb(look.hair.root), 0.9 * hair.scalp(skin.form, look.style, vertices))
    outside = (ring < mouth_rings.BORDER - 1).astype(float)
    colours = blend(colours, srgb(look.hair.root), look.stubble * outside * hair.stubble(vertices))
    loops = (ring >= mouth_rings.BORDER) & (ring <= mouth_rings.INNER)
    for eye in skin.eyes:
        loops[eye[eye_rings.LID_RINGS - 1 :]] = True
    over = {"MouthClose": morphs["JawOpen"]}
    surface, kept = part(
        "skin", Mesh(vertices, faces[~in_bag]), surfaces.SKIN,
        colours=colours, normals=_skin_normals(skin), uv=unwrap(vertices), morphs=morphs, over=over,
        budget=Budget(_LIGHT_SKIN, loops, skin.mirror) if light else None,
    )  # fmt: skip
    number = np.full(len(vertices), -1)
    number[kept.ids] = np.arange(len(kept.ids))
    surface = replace(surface, extras={"loops": _loops(skin, lips, kept.ids, number)})
    shells = ears.ears(look.proportions.ear_size)
    ear, _ = part(
        "ears", shells, surfaces.SKIN,
        colours=srgb(look.tones.ears), uv=unwrap(shells.vertices), budget=Budget(300) if light else None,
    )  # fmt: skip
    used = np.unique(faces[in_bag])
    number = np.full(len(vertices), -1)
    number[used] = np.arange(len(used))
    bag, _ = part(
        "mouth_bag", Mesh(vertices[used], number[faces[in_bag]]), surfaces.WET,
        colours=colours[used],
        morphs={name: delta[used] for name, delta in morphs.items() if np.abs(delta[used]).max() > 0.01},
        over={name: delta[used] for name, delta in over.items()},
        budget=Budget(190, loops[used]) if light else None,
    )  # fmt: skip
    return joined("skin", [surface, ear]), bag


def _loops(skin: Skin, lips: LipLoops, ids: Ints, number: Ints) -> dict[str, list[int]]:
    """What a rig needs to know about the skin's vertices, kept in the file; `number` of each sculpted one there."""
    return {
        "upperLip": number[lips.upper_pairs].tolist(),
        "lowerLip": number[lips.lower_pairs].tolist(),
        "lips": sorted(number[lips.ids].tolist()),
        "mouthCorners": number[list(lips.corners)].tolist(),
        "mirror": number[skin.mirror[ids]].tolist(),
    }


def _skin_normals(skin: Skin) -> Array:
    """The field's own normals where the skin lies on it: smoother than the mesh's."""
    vertices = skin.mesh.vertices
    normals = vertex_normals(vertices, skin.mesh.faces)
    on_field = np.abs(skin.form.head(vertices)) < 1.2
    on_field[skin.mouth[1:]] = False
    on_field[skin.pole] = False
    for eye in skin.eyes:
        on_field[eye[2:]] = False
    return np.where(on_field[:, None], field.normals(skin.form.head, vertices), normals)


def _mouth_nodes(
    proportions: Proportions, jaw: Jaw, lip_z: float, bag: gltf.MeshPart, *, light: bool
) -> list[gltf.Node]:
    """The mouth's bag, teeth and tongue."""
    upper, upper_colours = mouth_inside.teeth(proportions, lip_z, upper=True)
    lower, lower_colours = mouth_inside.teeth(proportions, lip_z, upper=False)
    tongue, tongue_colours = mouth_inside.tongue(proportions, lip_z)

    def bone(points: Array, share: float) -> dict[str, Array]:
        left = np.tile(JAW_SWING, (len(points), 1))
        return {
            "JawOpen": jaw.turned(points, share),
            "JawForward": np.tile(JAW_THRUST, (len(points), 1)),
            "JawLeft": left,
            "JawRight": left * MIRROR,
        }

    teeth = [
        part(name, row, surfaces.TEETH, colours=colours, morphs=moved, budget=Budget(400 if light else 900))[0]
        for name, row, colours, moved in (
            ("teeth_upper", upper, upper_colours, {}),
            ("teeth_lower", lower, lower_colours, bone(lower.vertices, 1.0)),
        )
    ]
    out = mouth_inside.tongue_out(tongue.vertices, lip_z)
    flesh, _ = part(
        "tongue", tongue, surfaces.TONGUE,
        colours=tongue_colours, morphs=bone(tongue.vertices, 0.86) | {"TongueOut": out},
        budget=Budget(130) if light else None,
    )  # fmt: skip
    return [_node(bag), _node(joined("teeth", teeth)), _node(flesh)]


def _eye_nodes(proportions: Proportions, *, light: bool) -> list[gltf.Node]:
    """Eyes that turn about their centres; highlights and the lids' shadow, which do not."""
    ball, uv = eyes.eyeball(proportions.eye_radius)
    glint = eyes.highlights(proportions.eye_radius)
    nodes, glints = [], []
    for side, mirror in (("left", np.ones(3)), ("right", MIRROR)):
        blink = {f"EyeBlink{side.capitalize()}": lids.eyeball_morph(ball.vertices)}
        at = proportions.eye_centre * mirror
        eye, _ = part(
            f"eye_{side}", ball, surfaces.EYE, normals=unit(ball.vertices), uv=uv, morphs=blink,
            budget=Budget(300, eyes.seam()) if light else None,
        )  # fmt: skip
        nodes.append(_node(eye, at))
        shut = {f"EyeBlink{side.capitalize()}": lids.eyeball_morph(glint.vertices)}
        there = Mesh(glint.vertices + at, glint.faces)
        glints.append(part(f"highlight_{side}", there, surfaces.GLINT, colours=np.ones(4), morphs=shut)[0])
    film, film_colours, film_morphs = lid_shadow.shadows(proportions)
    shadow, _ = part("lid_shadow", film, surfaces.GLINT, colours=film_colours, morphs=film_morphs)
    # The shadow comes first: highlights are drawn over it.
    return [*nodes, _node(joined("highlights", [shadow, *glints]))]


def _hairy_nodes(skin: Skin, morphs: Mapping[str, Array], look: Look, *, light: bool) -> list[gltf.Node]:
    """Hair, brows and lashes."""
    brows, brow_morphs = brows_lashes.brows(skin, dict(morphs), look.brow, look.brow_hair or look.hair, light=light)
    lashes, lash_morphs = brows_lashes.lashes(skin, dict(morphs), look.lashes)
    locks = hair.hair(skin.form, look.style, look.hair, light=light)
    fringe = [
        part("brows", brows.mesh, surfaces.LASH, colours=brows.colours, normals=brows.normals, morphs=brow_morphs)[0],
        part("lashes", lashes, surfaces.LASH, colours=srgb("1c0f0c"), morphs=lash_morphs)[0],
    ]
    whole, _ = part("hair", locks.mesh, surfaces.HAIR, colours=locks.colours, normals=locks.normals)
    return [_node(whole), _node(joined("brows", fringe))]

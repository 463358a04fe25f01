"""Sculpts the head and writes it as a binary glTF."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from models.face import gltf
from models.face.head import (
    brows_lashes,
    ears,
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
from models.face.head.colours import Tones, skin_colours, srgb
from models.face.head.fill import Fill
from models.face.head.form import Form
from models.face.head.jaw import Jaw
from models.face.head.lip_loops import LipLoops
from models.face.head.looks import LOOKS, Look
from models.face.head.mesh import Mesh, vertex_normals
from models.face.head.morphs import skin_morphs
from models.face.head.nostrils import nostril_depth
from models.face.head.proportions import JAW_SWING, JAW_THRUST, MIRROR, Array, Proportions
from models.face.head.topology import Skin, build_skin

_MM_TO_M = 1e-3


def build_head(path: Path, look: Look = LOOKS[0]) -> None:
    """Build a head and write it to `path`; the same bytes on the same machine and libraries."""
    proportions = look.proportions
    skin = build_skin(Form(proportions))
    lips = LipLoops(skin, Fill(skin))
    jaw = Jaw(lips)
    morphs = skin_morphs(skin, lips, jaw)
    lip_z = float(skin.mesh.vertices[lips.upper_pairs[0], 2])
    nodes = [
        *_skin_nodes(skin, lips, morphs, look.tones),
        *_mouth_nodes(proportions, jaw, lip_z),
        *_eye_nodes(proportions),
        _lid_shadow_node(proportions),
        *_hairy_nodes(skin, morphs),
        _node("ears", ears.ears(), surfaces.SKIN, colours=srgb(look.tones.ears)),
    ]
    shoulders = _node("shirt", shirt.shirt(), surfaces.SHIRT)  # they stay when the head turns
    gltf.write_glb(
        path,
        gltf.Node("bust", children=[gltf.Node("head", children=nodes), shoulders]),
        surfaces.materials(look.hair, look.shirt),
        images=[eyes.iris_texture(look.iris.dark, look.iris.mid, look.iris.light)],
    )


def gltf_name(blendshape: str) -> str:
    """ARKit's own spelling, as glTF files use it: `JawOpen` → `jawOpen`."""
    return blendshape[0].lower() + blendshape[1:]


def _loops(skin: Skin, lips: LipLoops) -> dict[str, list[int]]:
    """What a rig needs to know about the skin's vertices, kept in the file."""
    return {
        "upperLip": lips.upper_pairs.tolist(),
        "lowerLip": lips.lower_pairs.tolist(),
        "lips": sorted(lips.ids.tolist()),
        "mouthCorners": list(lips.corners),
        "mirror": skin.mirror.tolist(),
    }


def _node(
    name: str,
    mesh: Mesh,
    material: int,
    *,
    colours: Array | None = None,
    normals: Array | None = None,
    uv: Array | None = None,
    morphs: Mapping[str, Array] | None = None,
    over: Mapping[str, Array] | None = None,
    translation: Array | None = None,
    extras: Mapping[str, object] | None = None,
) -> gltf.Node:
    """A node holding one mesh, millimetres in, metres out.

    `over` names morphs that are meant on top of another shape: their normals are taken there.
    """
    rest = vertex_normals(mesh.vertices, mesh.faces)
    deltas = {}
    for key, delta in (morphs or {}).items():
        base = mesh.vertices + (over or {}).get(key, 0.0)
        turned = vertex_normals(base + delta, mesh.faces) - vertex_normals(base, mesh.faces)
        deltas[gltf_name(key)] = ((delta * _MM_TO_M).astype(np.float32), turned.astype(np.float32))
    if colours is not None and colours.ndim == 1:
        colours = np.tile(colours, (len(mesh.vertices), 1))
    part = gltf.MeshPart(
        name=name,
        positions=(mesh.vertices * _MM_TO_M).astype(np.float32),
        normals=(rest if normals is None else normals).astype(np.float32),
        faces=mesh.faces.astype(np.int64),
        material=material,
        colours=None if colours is None else colours.astype(np.float32),
        uv=None if uv is None else uv.astype(np.float32),
        morphs=deltas,
        extras=extras or {},
    )
    place = (0.0, 0.0, 0.0) if translation is None else tuple(float(c) * _MM_TO_M for c in translation)
    return gltf.Node(name, part, (place[0], place[1], place[2]))


def _skin_nodes(skin: Skin, lips: LipLoops, morphs: Mapping[str, Array], tones: Tones) -> list[gltf.Node]:
    """The skin with all 52 morphs, and the mouth's bag with those that move it."""
    vertices, faces = skin.mesh.vertices, skin.mesh.faces
    ring = np.full(len(vertices), -1)
    for row, ids in enumerate(skin.mouth):
        ring[ids] = row
    ring[skin.pole] = mouth_rings.RINGS
    in_bag = (ring[faces] >= mouth_rings.CONTACT + 2).all(1)
    colours = skin_colours(skin, nostril_depth(vertices), tones)
    normals = _skin_normals(skin)
    # All skin vertices stay, bag or not, so that indices in the file are those of the skin.
    over = {"MouthClose": morphs["JawOpen"]}
    node = _node(
        "skin", Mesh(vertices, faces[~in_bag]), surfaces.SKIN,
        colours=colours, normals=normals, morphs=morphs, over=over,
        extras={"loops": _loops(skin, lips)},
    )  # fmt: skip
    used = np.unique(faces[in_bag])
    number = np.full(len(vertices), -1)
    number[used] = np.arange(len(used))
    bag_morphs = {name: delta[used] for name, delta in morphs.items() if np.abs(delta[used]).max() > 0.01}
    bag = _node(
        "mouth_bag", Mesh(vertices[used], number[faces[in_bag]]), surfaces.WET,
        colours=colours[used], morphs=bag_morphs,
        over={name: delta[used] for name, delta in over.items()},
    )  # fmt: skip
    return [node, bag]


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


def _mouth_nodes(m: Proportions, jaw: Jaw, lip_z: float) -> list[gltf.Node]:
    """Teeth and tongue."""
    upper, upper_colours = mouth_inside.teeth(m, lip_z, upper=True)
    lower, lower_colours = mouth_inside.teeth(m, lip_z, upper=False)
    tongue, tongue_colours = mouth_inside.tongue(m, lip_z)

    def bone(points: Array, share: float) -> dict[str, Array]:
        left = np.tile(JAW_SWING, (len(points), 1))
        return {
            "JawOpen": jaw.turned(points, share),
            "JawForward": np.tile(JAW_THRUST, (len(points), 1)),
            "JawLeft": left,
            "JawRight": left * MIRROR,
        }

    tongue_morphs = bone(tongue.vertices, 0.86) | {"TongueOut": mouth_inside.tongue_out(tongue.vertices, lip_z)}
    return [
        _node("teeth_upper", upper, surfaces.TEETH, colours=upper_colours),
        _node("teeth_lower", lower, surfaces.TEETH, colours=lower_colours, morphs=bone(lower.vertices, 1.0)),
        _node("tongue", tongue, surfaces.TONGUE, colours=tongue_colours, morphs=tongue_morphs),
    ]


def _eye_nodes(m: Proportions) -> list[gltf.Node]:
    """Eyes that turn about their centres, and highlights that do not."""
    ball, uv = eyes.eyeball(m.eye_radius)
    glint = eyes.highlights(m.eye_radius)
    nodes = []
    for side, mirror in (("left", np.ones(3)), ("right", MIRROR)):
        blink = {f"EyeBlink{side.capitalize()}": lids.eyeball_morph(ball.vertices)}
        at = m.eye_centre * mirror
        nodes.append(_node(f"eye_{side}", ball, surfaces.EYE, uv=uv, morphs=blink, translation=at))
        shut = {f"EyeBlink{side.capitalize()}": lids.eyeball_morph(glint.vertices)}
        nodes.append(_node(f"highlight_{side}", glint, surfaces.HIGHLIGHT, morphs=shut, translation=at))
    return nodes


def _lid_shadow_node(m: Proportions) -> gltf.Node:
    """The shadow upper lids throw on both eyes."""
    shadow, colours, morphs = lid_shadow.shadows(m)
    return _node("lid_shadow", shadow, surfaces.SHADOW, colours=colours, morphs=morphs)


def _hairy_nodes(skin: Skin, morphs: Mapping[str, Array]) -> list[gltf.Node]:
    """Hair, brows and lashes."""
    brows, brow_morphs = brows_lashes.brows(skin, dict(morphs))
    lashes, lash_morphs = brows_lashes.lashes(skin, dict(morphs))
    locks, shade, soft = hair.hair(skin.form)
    return [
        _node("hair", locks, surfaces.HAIR, colours=shade, normals=soft),
        _node("brows", brows, surfaces.HAIR, colours=np.array([0.62, 0.55, 0.5]), morphs=brow_morphs),
        _node("lashes", lashes, surfaces.LASH, morphs=lash_morphs),
    ]

"""All 52 morphs of the skin."""

import numpy as np

from models.face.channels import BLENDSHAPES
from models.face.head.jaw import Jaw
from models.face.head.lids import lid_morphs
from models.face.head.lip_loops import LipLoops
from models.face.head.lips import lip_morphs
from models.face.head.proportions import Array
from models.face.head.topology import Skin
from models.face.head.upper_face import upper_face_morphs


def skin_morphs(skin: Skin, lips: LipLoops, jaw: Jaw) -> dict[str, Array]:
    """Displacements `[V, 3]` by ARKit name, in the order of `BLENDSHAPES`; exact mirror images of each other."""
    left = jaw.left()
    found = {
        "JawOpen": jaw.open(),
        "JawForward": jaw.forward(),
        "JawLeft": left,
        "JawRight": lips.other_side(left),
        "MouthClose": jaw.close(),
        "TongueOut": _tongue_out(lips),
        **lip_morphs(lips),
        **lid_morphs(skin, lips),
        **upper_face_morphs(skin, lips),
    }
    for name, morph in found.items():
        if not name.endswith(("Left", "Right")):
            found[name] = (morph + lips.other_side(morph)) / 2
    return {name: found[name] for name in BLENDSHAPES}


def _tongue_out(lips: LipLoops) -> Array:
    """The tongue presses the lower lip's middle forward a little."""
    middle = np.exp(-((lips.rest[:, 0] / 12) ** 2)) * lips.lower
    return lips.spread(lips.vectors(z=1.4 * middle), reach=30.0)

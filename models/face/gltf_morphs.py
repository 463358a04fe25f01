"""Where a glTF document keeps the names of its morph targets, and which ARKit channels they mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.face.channels import BLENDSHAPES

_BY_KEY = {name.lower(): name for name in BLENDSHAPES}
_SIDES = {"l": "left", "r": "right"}


def target_names(document: Mapping[str, Any], mesh: int) -> list[str]:
    """Names of a mesh's morph targets, in order.

    They are looked for in `mesh.extras.targetNames` (what every current exporter writes), then in the primitive's
    extras and the names of the targets' accessors (older exporters); targets without a name are called "".
    """
    entry = document["meshes"][mesh]
    primitive = entry["primitives"][0]
    targets = primitive.get("targets", [])
    for holder in (entry, primitive):
        names = (holder.get("extras") or {}).get("targetNames")
        if isinstance(names, Sequence) and len(names) == len(targets):
            return [str(name) for name in names]
    accessors = document.get("accessors", [])
    return [str(accessors[target["POSITION"]].get("name", "")) if "POSITION" in target else "" for target in targets]


@dataclass(frozen=True)
class Meaning:
    """What a morph target's name means.

    Attributes:
        channel: one of `BLENDSHAPES`.
        half: it is the left or the right half of a channel that has no sides (`browInnerUp_L`).
    """

    channel: str
    half: bool = False


def meaning_of(name: str) -> Meaning | None:
    """The ARKit channel a morph target's name means; None where it means none.

    Understood are ARKit's own spelling in any case (`jawOpen`, `JawOpen`, `jaw_open`), sides as `Left`, `_L`, `.L` or a
    final capital (`eyeBlinkL`), and prefixes parted by anything but letters and digits (`blendShape1.jawOpen`,
    `Face_M_jawOpen`).
    """
    words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]
    for first in range(len(words)):
        rest = words[first:]
        key = "".join(rest).lower()
        if key in _BY_KEY:
            return Meaning(_BY_KEY[key])
        if len(rest) > 1 and rest[-1].lower() in _SIDES:
            key = "".join(rest[:-1]).lower() + _SIDES[rest[-1].lower()]
        elif re.search(r"[a-z][LR]$", rest[-1]):
            key = key[:-1] + _SIDES[key[-1]]
        if key in _BY_KEY:
            return Meaning(_BY_KEY[key])
        whole = key.removesuffix("left") if key.endswith("left") else key.removesuffix("right")
        if whole in _BY_KEY:
            return Meaning(_BY_KEY[whole], half=True)
    return None

"""glTF materials of the head: physically based, with the Khronos extensions every current viewer knows."""

from typing import Any

from models.face.head.colours import srgb
from models.face.head.locks import HairTones

SKIN, WET, EYE, GLINT, TEETH, TONGUE, HAIR, LASH, SHIRT = range(9)


def _rgba(code: str) -> list[float]:
    return [round(float(c), 5) for c in srgb(code)] + [1.0]


def _material(name: str, roughness: float, colour: str | None = None, **more: Any) -> dict[str, Any]:
    pbr: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": roughness}
    if colour is not None:
        pbr["baseColorFactor"] = _rgba(colour)
    pbr |= more.pop("pbr", {})
    return {"name": name, "pbrMetallicRoughness": pbr, **more}


def materials(hair: HairTones, shirt: str) -> list[dict[str, Any]]:
    """All materials, indexed by the constants above; `shirt` is a colour `rrggbb`."""
    gleam = [round(0.22 * float(c), 4) for c in srgb(hair.shine)]
    return [
        _material("skin", 0.52, extensions={
            "KHR_materials_sheen": {"sheenColorFactor": [0.30, 0.19, 0.15], "sheenRoughnessFactor": 0.5},
            "KHR_materials_clearcoat": {"clearcoatFactor": 0.10, "clearcoatRoughnessFactor": 0.45},
            "KHR_materials_specular": {"specularFactor": 0.55},
        }),
        _material("mouth", 0.9, extensions={"KHR_materials_specular": {"specularFactor": 0.1}}),
        _material("eye", 0.22, pbr={"baseColorTexture": {"index": 0}}, extensions={
            "KHR_materials_clearcoat": {"clearcoatFactor": 1.0, "clearcoatRoughnessFactor": 0.03},
        }),
        _material("highlight", 1.0, alphaMode="BLEND", extensions={"KHR_materials_unlit": {}}),
        _material("teeth", 0.30, doubleSided=True, extensions={
            "KHR_materials_clearcoat": {"clearcoatFactor": 0.35, "clearcoatRoughnessFactor": 0.25},
        }),
        _material("tongue", 0.45, extensions={
            "KHR_materials_clearcoat": {"clearcoatFactor": 0.15, "clearcoatRoughnessFactor": 0.3},
        }),
        _material("hair", 0.58, extensions={
            "KHR_materials_sheen": {"sheenColorFactor": gleam, "sheenRoughnessFactor": 0.4},
        }),
        _material("lash", 0.7, doubleSided=True),
        _material("shirt", 0.85, shirt, doubleSided=True, extensions={
            "KHR_materials_sheen": {"sheenColorFactor": [0.2, 0.32, 0.34], "sheenRoughnessFactor": 0.5},
        }),
    ]  # fmt: skip

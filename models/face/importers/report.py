"""What an import found, as a person reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.face.channels import BLENDSHAPE_COUNT, BLENDSHAPES, channel_index
from models.face.importers.placement import Placement
from models.face.importers.source_rig import Quality, SourceRig
from models.face.rig import Rig

SEALED_MM: Final = 0.5
"""Lips this far apart read as closed."""
_CHECKED_AT: Final = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class GapCheck:
    """Whether MouthClose closes what JawOpen opens.

    Attributes:
        at_rest_mm: inner-lip gap of the face at rest.
        open_mm: at JawOpen = 1.
        sealed_mm: the widest at JawOpen = MouthClose = ¼ … 1.
    """

    at_rest_mm: float
    open_mm: float
    sealed_mm: float

    @property
    def sealed(self) -> bool:
        """Whether lips seal at every opening, as far as they do at rest."""
        return self.sealed_mm <= max(SEALED_MM, self.at_rest_mm + SEALED_MM)

    @classmethod
    def of(cls, rig: Rig) -> "GapCheck":
        """The check of a rig."""

        def gap(jaw: float, close: float) -> float:
            frame = np.zeros(BLENDSHAPE_COUNT, np.float32)
            frame[channel_index("JawOpen")], frame[channel_index("MouthClose")] = jaw, close
            return float(rig.lip_gap(frame))

        return cls(gap(0, 0), gap(1, 0), max(gap(x, x) for x in _CHECKED_AT))


def report(source: SourceRig, placement: Placement, rig: Rig, *, lips_found: bool) -> str:
    """Lines for the terminal: size, units, axes, lips, and each channel that is not exactly there."""
    check = GapCheck.of(rig)
    by_quality: dict[Quality, list[str]] = {quality: [] for quality in Quality}
    for name in BLENDSHAPES:
        fit = source.fits.get(name)
        quality = Quality.MISSING if fit is None else fit.quality
        by_quality[quality].append(_channel(name, source))
    distance = placement.pupil_distance_mm
    eyes = "eyes not found" if distance is None else f"eyes {distance:.1f} mm apart"
    width = float(rig.mouth_width(np.zeros(BLENDSHAPE_COUNT, np.float32)))
    verdict = "sealed" if check.sealed else f"not sealed: MouthClose leaves the lips {check.sealed_mm:.1f} mm apart"
    lines = [
        f"{rig.name}: {source.kind}, {len(rig.neutral)} vertices, {len(source.faces)} triangles",
        f"unit {placement.unit}, {placement.axes_text}; {eyes}",
        f"lips {'found' if lips_found else 'given'}: {len(rig.upper_lip)} pairs, mouth {width:.1f} mm wide, "
        f"gap {check.at_rest_mm:.1f} mm at rest, {check.open_mm:.1f} mm with the jaw open",
        f"JawOpen = MouthClose: {verdict}",
    ]
    for quality in Quality:
        lines += _paragraph(f"{quality} ({len(by_quality[quality])} of {BLENDSHAPE_COUNT})", by_quality[quality])
    lines += [f"note: {note}" for note in (*placement.notes, *source.notes)]
    return "\n".join(lines)


def _channel(name: str, source: SourceRig) -> str:
    fit = source.fits.get(name)
    if fit is None or fit.quality is Quality.EXACT:
        return name
    told = [text for text in (fit.how, "" if fit.residual is None else f"{fit.residual:.0%} off") if text]
    return f"{name} ({', '.join(told)})" if told else name


def _paragraph(title: str, names: Sequence[str], width: int = 110) -> list[str]:
    if len(names) in (0, BLENDSHAPE_COUNT):
        return [f"{title}: {'all' if names else 'none'}"]
    lines, line = [], f"{title}:"
    for name in names:
        if len(line) + len(name) + 2 > width:
            lines.append(line)
            line = "   "
        line += f" {name}{'' if name == names[-1] else ','}"
    return [*lines, line]

"""The mouth's motion against the true one, in millimetres on a rig: LVE, L-PCC, L-CCC, DTW, MTM and S-DIV."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.lip_curves import dtw_distance, misalignment
from benchmarks.lip_truth import CAMERA_FPS, Truth
from benchmarks.lip_vertices import Motion, MouthVertices
from models.face.lip_measures import MOTION_FPS, gap_at

_EVERY = round(MOTION_FPS / CAMERA_FPS)


def motion_figures(predictions: Mapping[str, Motion], truths: Sequence[Truth], mouth: MouthVertices) -> dict[str, Any]:
    """Means over clips and seeds of the figures of THUNDER (arXiv 2504.13386, section 4.1) and MTM (CVPR 2025).

    Vertices and `dtw_mm` (mean difference of the lip gaps along the warped path) are compared at the camera's 25
    frames a second, every second frame of ours; `mtm_ms` at 50, the true gap interpolated. `mtm_matched` is the share
    of the true gap's extrema that found a partner.

    Args:
        predictions: clip name → `[seeds, T, 61]` at 50 fps.
        truths: what is true of the clips predicted.
        mouth: the rig.
    """
    rows = [_clip_figures(predictions[truth.clip.name], truth, mouth) for truth in truths]
    return {name: float(np.nanmean([row[name] for row in rows])) for name in rows[0]} if rows else {}


def _clip_figures(motion: Motion, truth: Truth, mouth: MouthVertices) -> dict[str, float]:
    camera = motion[:, ::_EVERY]
    frames = min(camera.shape[1], len(truth.motion))
    camera, true = camera[:, :frames], truth.motion[:frames]
    true_gap = mouth.rig.lip_gap(true)
    fine = min(motion.shape[1], (frames - 1) * _EVERY + 1)
    offsets = misalignment(
        mouth.rig.lip_gap(motion[:, :fine]),
        gap_at(true_gap, np.arange(fine) * 1000 / MOTION_FPS, CAMERA_FPS),
        MOTION_FPS,
    )
    late = [offset.mean_ms for offset in offsets if not np.isnan(offset.mean_ms)]
    return asdict(mouth.errors(camera, true)) | {
        "dtw_mm": float(dtw_distance(mouth.rig.lip_gap(camera), true_gap).mean()),
        "mtm_ms": float(np.mean(late)) if late else float("nan"),
        "mtm_matched": float(np.mean([offset.matched for offset in offsets])),
    }

"""A real mouth's shape as a camera saw it: from MediaPipe landmarks to the tracks that phones are told by."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.face.lip_measures import Floats
from models.face.phone_measures import MouthShape


def landmark_shapes(data: Mapping[str, Any]) -> dict[str, MouthShape]:
    """Tracks of each sentence `[F]` of a landmark file of `grid_s1`, by name, in distances between the eyes.

    Heights are taken from the base of the nose, which rides the skull. Depth is MediaPipe's guess from one camera: of
    it only the lower lip's, against the nose, tells rounding (0.7 of w, r and round vowels from other vowels).
    """
    row = {int(index): k for k, index in enumerate(data["landmark_index"])}
    width, height = (float(side) for side in data["image_size"])
    scale = np.array([width, height, width])[None, :, None, None]
    points = data["landmarks_delta"].cumsum(-1, dtype=np.int32) / float(data["scale"]) * scale

    def mean(*landmarks: int) -> Floats:
        return np.asarray(np.mean([points[row[i]] for i in landmarks], axis=0))

    eyes = np.linalg.norm((mean(33, 133) - mean(362, 263))[:2], axis=0)
    nose = mean(2)
    pairs = [np.linalg.norm((mean(a) - mean(b))[:2], axis=0) for a, b in ((13, 14), (82, 87), (312, 317))]
    tracks = {
        "gap": np.mean(pairs, axis=0),
        "width": np.linalg.norm((mean(61) - mean(291))[:2], axis=0),
        "protrusion": nose[2] - mean(17)[2],  # z grows away from the camera
        "lower_rim": nose[1] - mean(14, 87, 317)[1],  # y grows downwards
    }
    return {
        str(name): MouthShape(**{track: np.asarray(values[i] / eyes[i]) for track, values in tracks.items()})
        for i, name in enumerate(data["names"])
    }

"""Poses people know by name: what the face does for a sound and for a feeling. Plain data, no dependencies.

Weights are those of ARKit's blendshapes, 0..1, by name. Visemes are the fifteen of the Oculus set, at full articulation
(running speech reaches two thirds of it). Emotions follow FACS: joy 6+12, sadness 1+4+15, anger 4+5+7+23, fear
1+2+4+5+20, disgust 9+10+17, surprise 1+2+5+26.
"""

from collections.abc import Mapping

Pose = Mapping[str, float]
"""Weights by blendshape name; absent ones are 0."""


def both(**weights: float) -> dict[str, float]:
    """The same weight on the left and the right: `both(MouthSmile=1)`."""
    return {name + side: weight for name, weight in weights.items() for side in ("Left", "Right")}


def scaled(pose: Pose, amount: float) -> dict[str, float]:
    """A pose at another strength: `amount` 0 is none of it, 1 all."""
    return {name: amount * weight for name, weight in pose.items()}


VISEMES: Mapping[str, Pose] = {
    "sil": {},
    "PP": {"JawOpen": 0.12, "MouthClose": 0.14, "MouthRollLower": 0.2, "MouthRollUpper": 0.2, **both(MouthPress=0.4)},
    "FF": {"JawOpen": 0.05, "MouthRollLower": 1.0, **both(MouthUpperUp=0.38)},
    "TH": {"JawOpen": 0.13, "TongueOut": 0.35, **both(MouthUpperUp=0.25, MouthLowerDown=0.45)},
    "DD": {"JawOpen": 0.1, "TongueOut": 0.16, **both(MouthUpperUp=0.2, MouthLowerDown=0.4, MouthSmile=0.05)},
    "kk": {"JawOpen": 0.33, **both(MouthUpperUp=0.05, MouthStretch=0.1)},
    "CH": {"JawOpen": 0.07, "MouthFunnel": 0.5, **both(MouthUpperUp=0.15, MouthLowerDown=0.3)},
    "SS": {**both(MouthStretch=0.45, MouthUpperUp=0.35, MouthLowerDown=0.65)},
    "nn": {"JawOpen": 0.09, "TongueOut": 0.14, **both(MouthUpperUp=0.1, MouthLowerDown=0.15, MouthDimple=0.15)},
    "RR": {"JawOpen": 0.12, "MouthPucker": 0.35, "MouthFunnel": 0.2},
    "aa": {"JawOpen": 0.6, **both(MouthUpperUp=0.1)},
    "E": {"JawOpen": 0.3, **both(MouthStretch=0.3, MouthUpperUp=0.2, MouthLowerDown=0.3)},
    "ih": {"JawOpen": 0.14, **both(MouthSmile=0.45, MouthUpperUp=0.3, MouthLowerDown=0.6)},
    "oh": {"JawOpen": 0.32, "MouthFunnel": 0.5},
    "ou": {"JawOpen": 0.04, "MouthPucker": 0.9, "MouthFunnel": 0.06},
}  # fmt: skip
"""The mouth for a sound, in Oculus's names and order."""

EMOTIONS: Mapping[str, Pose] = {
    "joy": {
        "JawOpen": 0.12, "BrowInnerUp": 0.12,
        **both(MouthSmile=0.85, CheekSquint=0.9, EyeSquint=0.6, MouthDimple=0.15, MouthUpperUp=0.25, BrowOuterUp=0.1),
    },
    "sadness": {
        "BrowInnerUp": 0.85, "MouthShrugLower": 0.35,
        **both(MouthFrown=0.75, BrowDown=0.15, EyeBlink=0.2, EyeLookDown=0.25, EyeSquint=0.1),
    },
    "anger": {
        "MouthShrugLower": 0.15,
        **both(BrowDown=1.0, EyeSquint=0.55, EyeWide=0.15, MouthPress=0.9, NoseSneer=0.4, MouthFrown=0.35),
    },
    "fear": {
        "JawOpen": 0.2, "BrowInnerUp": 1.0,
        **both(BrowOuterUp=0.4, BrowDown=0.25, EyeWide=1.0, MouthStretch=0.95, MouthFrown=0.2, MouthLowerDown=0.45),
    },
    "disgust": {
        "MouthShrugLower": 0.35,
        **both(NoseSneer=1.0, MouthUpperUp=0.55, BrowDown=0.65, EyeSquint=0.6, CheekSquint=0.5, MouthFrown=0.45),
    },
    "surprise": {
        "JawOpen": 0.42, "BrowInnerUp": 0.9, "MouthFunnel": 0.15,
        **both(BrowOuterUp=0.85, EyeWide=0.75),
    },
}  # fmt: skip
"""The face for a feeling at full strength."""

"""How far each morph at full weight opens the lips: the human head's measures, which the built-in head keeps.

One network drives every rig, so a weight must mean the same opening on each. Values are millimetres of mean inner-lip
gap per unit weight on the ICT FaceKit, whose mouth is 50.6 mm wide (ours is 50), rounded; unlisted morphs leave the
gap alone.
"""

GAP_RESPONSE_MM: dict[str, float] = {
    "JawOpen": 29.0,
    "MouthClose": -31.0,
    "MouthFunnel": 10.8,
    "MouthPucker": -1.3,
    "MouthLowerDownLeft": 2.9,
    "MouthLowerDownRight": 2.9,
    "MouthUpperUpLeft": 3.5,
    "MouthUpperUpRight": 3.5,
    "MouthRollLower": -2.5,
    "MouthRollUpper": 1.6,
    "MouthShrugLower": -6.4,
    "MouthShrugUpper": 4.6,
    "MouthPressLeft": -1.1,
    "MouthPressRight": -1.1,
    "NoseSneerLeft": 2.5,
    "NoseSneerRight": 2.5,
    "JawForward": 1.0,
}

WIDTH_RESPONSE: dict[str, tuple[float, float]] = {
    "MouthPucker": (-0.45, -0.33),
    "MouthFunnel": (-0.36, -0.22),
    "MouthSmile": (0.10, 0.24),
    "MouthStretch": (0.10, 0.24),
}
"""Relative change of the mouth's width, least and most; both sides together for left and right morphs."""

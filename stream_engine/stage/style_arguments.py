"""A style's fields as flags of a command line."""

import argparse
from collections.abc import Sequence
from typing import Any, Final, get_args

from stream_engine.stage.style import (
    MAX_AMOUNT,
    MAX_BLINKS_PER_MINUTE,
    MAX_TARGET_PITCH,
    MAX_TARGET_YAW,
    Emotion,
    Gaze,
    GazeTarget,
    Style,
)

_GAINS: Final = {
    "mouth_gain": "how far jaw and lips move for the same sound",
    "expressiveness": "how far brows, lids, cheeks and the smile move",
    "head_motion": "how far the head turns",
}
_DEFAULT: Final = Style()


def add_style_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds one flag per field of a style, `--mouth-gain` for `mouth_gain`."""
    group = parser.add_argument_group("style")
    for name, text in _GAINS.items():
        help_text = f"{text}: 0 to {MAX_AMOUNT:g} (default: {getattr(_DEFAULT, name):g})"
        flag = "--" + name.replace("_", "-")
        group.add_argument(flag, type=_Within(MAX_AMOUNT), default=getattr(_DEFAULT, name), metavar="X", help=help_text)
    group.add_argument(
        "--blinks-per-minute",
        type=_Within(MAX_BLINKS_PER_MINUTE),
        default=_DEFAULT.blinks_per_minute,
        metavar="N",
        help=f"0 to {MAX_BLINKS_PER_MINUTE:g} (default: {_DEFAULT.blinks_per_minute:g})",
    )
    group.add_argument(
        "--gaze",
        choices=get_args(Gaze),
        action=_Gaze,
        default=None,
        help="where the eyes look (default: free, or target if one is given)",
    )
    group.add_argument(
        "--gaze-target",
        nargs=2,
        action=_Target,
        default=None,
        metavar=("YAW", "PITCH"),
        help="direction to look in, radians: yaw to the face's left, up to "
        f"{MAX_TARGET_YAW:g} either way; pitch down, up to {MAX_TARGET_PITCH:g}",
    )
    group.add_argument("--emotion", choices=get_args(Emotion), default=_DEFAULT.emotion, help="what the face feels")
    group.add_argument(
        "--intensity",
        type=_Within(1.0),
        default=_DEFAULT.intensity,
        metavar="X",
        help=f"how strongly: 0 to 1 (default: {_DEFAULT.intensity:g})",
    )


def style_of(args: argparse.Namespace) -> Style:
    """The style that parsed arguments ask for."""
    target: GazeTarget | None = args.gaze_target
    return Style(
        mouth_gain=args.mouth_gain,
        expressiveness=args.expressiveness,
        head_motion=args.head_motion,
        blinks_per_minute=args.blinks_per_minute,
        gaze=args.gaze or ("free" if target is None else "target"),
        gaze_target=target or GazeTarget(),
        emotion=args.emotion,
        intensity=args.intensity,
    )


class _Gaze(argparse.Action):
    """A gaze that agrees with the target, if there is one."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, values)
        _refuse_two_gazes(self, namespace)


class _Target(argparse.Action):
    """Two angles, as a `GazeTarget`."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        try:
            yaw, pitch = map(float, values or ())
            setattr(namespace, self.dest, GazeTarget(yaw, pitch))
        except ValueError as error:
            raise argparse.ArgumentError(self, str(error)) from None
        _refuse_two_gazes(self, namespace)


def _refuse_two_gazes(action: argparse.Action, namespace: argparse.Namespace) -> None:
    """Whichever flag comes second is refused."""
    if namespace.gaze_target is not None and namespace.gaze not in (None, "target"):
        raise argparse.ArgumentError(
            action, f"--gaze {namespace.gaze} does not look at a --gaze-target; leave out either"
        )


class _Within:
    """A number from 0 to a limit."""

    def __init__(self, most: float) -> None:
        self._most = most

    def __call__(self, text: str) -> float:
        value = float(text)
        if not 0 <= value <= self._most:
            raise argparse.ArgumentTypeError(f"{text} is not within 0 and {self._most:g}")
        return value

    def __repr__(self) -> str:
        return "number"  # argparse names a type so where a text is no number

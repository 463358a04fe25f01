"""A style's fields as flags of a command line."""

import argparse
from typing import Final, get_args

from stream_engine.stage.style import MAX_AMOUNT, MAX_BLINKS_PER_MINUTE, Gaze, Style

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
    group.add_argument("--gaze", choices=get_args(Gaze), default=_DEFAULT.gaze, help="where the eyes look")


def style_of(args: argparse.Namespace) -> Style:
    """The style that parsed arguments ask for."""
    return Style(args.mouth_gain, args.expressiveness, args.head_motion, args.blinks_per_minute, args.gaze)


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

"""`python -m models.face build`: sculpt the built-in head."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from models.face.head_rig import HEAD_PATH


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m models.face", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="sculpt the built-in head and write it as glTF binary (needs scipy)")
    build.add_argument("--out", type=Path, default=HEAD_PATH, help="file to write (default: the committed one)")
    options = parser.parse_args(arguments)
    try:
        from models.face.head.build import build_head
    except ModuleNotFoundError as error:
        if error.name != "scipy":
            raise
        print("building the head needs scipy: pip install 'stream-engine[dev]'", file=sys.stderr)
        return 1
    build_head(options.out)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

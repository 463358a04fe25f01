"""`python -m models.face build` sculpts the built-in heads, `sheet` draws one, `import` brings in somebody else's."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from models.face.head_rig import HEAD_PATH, HEADS, head_path
from models.face.importers import command as import_command
from models.face.sheet import standard_tiles, write_sheet


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m models.face", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="sculpt a built-in head and write it as glTF binary (needs scipy)")
    build.add_argument("--look", choices=HEADS, default=HEADS[0], help=f"which head (default: {HEADS[0]})")
    build.add_argument("--light", action="store_true", help="the variant for phones and software GL")
    build.add_argument("--all", action="store_true", help="every look in both variants")
    build.add_argument("--out", type=Path, help="file to write, with --all a folder (default: the committed ones)")
    sheet = commands.add_parser("sheet", help="draw views, visemes and every blendshape as one PNG")
    sheet.add_argument("--head", type=Path, default=HEAD_PATH, help="binary glTF to draw (default: the built-in head)")
    sheet.add_argument("--out", type=Path, default=Path("head_sheet.png"), help="picture to write")
    import_command.add_arguments(commands.add_parser("import", help="make a rig of another face, and say what fits"))
    options = parser.parse_args(arguments)
    if options.command == "import":
        return import_command.run(options)
    if options.command == "sheet":
        tiles = standard_tiles()
        write_sheet(options.head, options.out, tiles)
        print(f"{options.out}, row by row: {', '.join(tile.name for tile in tiles)}")
        return 0
    return _build(options)


def _build(options: argparse.Namespace) -> int:
    try:
        from models.face.head.build import sculpt, write_head
        from models.face.head.looks import LOOKS
    except ModuleNotFoundError as error:
        if error.name != "scipy":
            raise
        print("building the head needs scipy: pip install 'stream-engine[dev]'", file=sys.stderr)
        return 1
    for look in LOOKS:
        if not options.all and look.name != options.look:
            continue
        sculpture = sculpt(look)
        for light in (False, True) if options.all else (options.light,):
            out = head_path(look.name, light=light)
            if options.out is not None:
                out = options.out / out.name if options.all else options.out
            write_head(out, sculpture, light=light)
            print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

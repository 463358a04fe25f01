"""`python -m models.face import`: its arguments, and what it prints."""

import argparse
import sys
from pathlib import Path
from typing import Final

from models.face.importers.source_rig import RigImportError

EXIT_UNUSABLE: Final = 2
"""Exit code for a source that cannot be imported, or a file that cannot be written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `import`."""
    parser.add_argument(
        "source",
        type=Path,
        metavar="SOURCE",
        help="ICT FaceKit (folder or .npz), FLAME (.pkl, .npz), .glb, .gltf, .vrm",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="RIG", help=".npz for measurement, or .glb to be shown as well"
    )
    parser.add_argument("--name", help="name of the rig (default: the source's)")
    parser.add_argument(
        "--lips", type=Path, metavar="JSON", help="vertices of the lips (default: found by the jaw's motion)"
    )
    parser.add_argument(
        "--unit-mm",
        type=float,
        metavar="MM",
        help="millimetres per unit of the source (default: told by the distance of the eyes)",
    )


def run(options: argparse.Namespace) -> int:
    """Runs `import`.

    Returns:
        Exit code: 0 done, 2 the source or the output is unusable.
    """
    out: Path = options.out
    try:
        if out.suffix.lower() not in (".npz", ".glb"):
            raise RigImportError(f"cannot write {out}: a rig is an .npz or a .glb")
        if out.resolve() == options.source.resolve():
            raise RigImportError(f"{out} would overwrite the source; give another --out")
        _import(options, out)
    except (RigImportError, OSError) as error:
        print(f"import: {error}", file=sys.stderr)
        return EXIT_UNUSABLE
    return 0


def _import(options: argparse.Namespace, out: Path) -> None:
    from models.face.importers.importing import import_rig
    from models.face.importers.rig_glb import save_rig_glb
    from models.face.rig_file import save_rig

    imported = import_rig(options.source, name=options.name, lips=options.lips, mm_per_unit=options.unit_mm)
    if out.suffix.lower() == ".glb":
        save_rig_glb(out, imported)
    else:
        save_rig(out, imported.rig)
    print(imported.report)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")

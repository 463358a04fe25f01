"""The networks that ship, and where they are. Imports no torch, so that a process without it may look for them."""

from pathlib import Path

ZOO = Path(__file__).resolve().parent


class WeightsError(RuntimeError):
    """Weights that are missing or do not fit."""


def weights_path(name_or_path: str | Path) -> Path:
    """File of a network, by its name in the zoo or by path.

    Raises:
        WeightsError: there is no such file.
    """
    path = Path(name_or_path)
    if not path.suffix:
        path = ZOO / f"{name_or_path}.safetensors"
    if not path.is_file():
        shipped = ", ".join(sorted(p.stem for p in ZOO.glob("*.safetensors"))) or "none"
        raise WeightsError(f"no weights at {path}; name a file, or one of the zoo: {shipped}")
    return path

"""Where the measurement data lie: outside the project, never committed to it."""

import os
from pathlib import Path


class DataMissingError(FileNotFoundError):
    """A part of the measurement data is not on this machine."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"measurement data not found: {path}. Put the data folder beside the checkout as ../shared/data, "
            "or set STREAM_ENGINE_DATA to it."
        )


def data_root() -> Path:
    """The data folder, `STREAM_ENGINE_DATA` or `../shared/data` beside the checkout; it need not exist."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("STREAM_ENGINE_DATA") or default).resolve()


def measured(part: str) -> Path:
    """A file or folder of the data, by its path within.

    Raises:
        DataMissingError: it is not there.
    """
    path = data_root() / part
    if not path.exists():
        raise DataMissingError(path)
    return path

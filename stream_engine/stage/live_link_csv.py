"""Recording as Live Link Face writes it: a CSV of 61 channels with a timecode, 50 rows a second."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import CHANNEL_COUNT, CHANNELS
from stream_engine.stage.recording import ROWS_PER_SECOND, Recording

HEADER: Final = ",".join(("Timecode", "BlendShapeCount", *CHANNELS))


def timecode(row: int) -> str:
    """Hours, minutes, seconds, frame and thousandths of a frame, `00:00:01:25.000`, of a row at 50 a second."""
    seconds, frame = divmod(row, ROWS_PER_SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}:{frame:02}.000"


class LiveLinkCsv(Recording):
    """Writes frames as rows of text; see `Recording`."""

    def _begin(self) -> bytes:
        return f"{HEADER}\n".encode("ascii")

    def _row(self, row: int, channels: NDArray[np.float32]) -> bytes:
        values = ",".join([f"{value:.6f}" for value in channels.tolist()])
        return f"{timecode(row)},{CHANNEL_COUNT},{values}\n".encode("ascii")

    def _end(self) -> bytes:
        return b""

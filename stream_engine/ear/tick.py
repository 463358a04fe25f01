"""What the ear hands on: 20 ms of sound as the model hears it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class AudioTick:
    """One tick of sound.

    Attributes:
        samples: float32 `[320]` at 16 kHz, in -1..1.
        index: tick n covers media time [960·n, 960·(n + 1)). Consecutive unless media time jumped.
        received_at: `Clock.monotonic()` at which the tick's last sample was available.
    """

    samples: NDArray[np.float32]
    index: int
    received_at: float = 0.0

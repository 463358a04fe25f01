"""The human speech of the measurement data, for tests."""

import json
import wave

import numpy as np
import pytest
from numpy.typing import NDArray

from models.measured_data import data_root

SPEECH = data_root() / "speech"


def speech_clip(name: str) -> NDArray[np.float32]:
    """A clip `[N]` at 16 kHz; skips the test, visibly, where the data is absent."""
    path = SPEECH / f"{name}.wav"
    if not path.is_file():
        pytest.skip(f"measurement data is absent: {path} (set STREAM_ENGINE_DATA)")
    with wave.open(str(path)) as file:
        assert file.getframerate() == 16_000
        assert file.getnchannels() == 1
        return (np.frombuffer(file.readframes(file.getnframes()), np.int16) / 32768).astype(np.float32)


def speech_bounds_ms(name: str) -> tuple[float, float]:
    """Where the clip's first phone begins and its last one ends."""
    phones: list[tuple[float, float, str]] = json.loads((SPEECH / f"{name}.phones.json").read_text())
    spoken = [p for p in phones if p[2] != "SIL"]
    return spoken[0][0], spoken[-1][1]

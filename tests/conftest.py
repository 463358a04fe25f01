"""Fixtures every test may use."""

import pytest

from benchmarks.lip_clips import Clips, data_root


@pytest.fixture(scope="session")
def clips() -> Clips:
    """The measurement clips; tests that need them are skipped, visibly, where the data are absent."""
    root = data_root()
    if not root.is_dir():
        pytest.skip(f"measurement data absent: {root} (set STREAM_ENGINE_DATA)")
    return Clips(root)

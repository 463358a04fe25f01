"""Fixtures every test may use, and what may not be skipped."""

import os
from collections.abc import Generator

import pytest

from benchmarks.lip_clips import Clips
from models.measured_data import data_root

REQUIRED_MARKERS = tuple(os.environ.get("STREAM_ENGINE_TESTS_REQUIRE", "").split())
"""Markers whose tests must run: continuous integration names those whose browser or data it found."""


@pytest.fixture(scope="session")
def clips() -> Clips:
    """The measurement clips; tests that need them are skipped, visibly, where the data are absent."""
    root = data_root()
    if not root.is_dir():
        pytest.skip(f"measurement data absent: {root} (set STREAM_ENGINE_DATA)")
    return Clips(root)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "clips" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.data)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    missing = [name for name in REQUIRED_MARKERS if item.get_closest_marker(name)]
    if report.skipped and missing:
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid} was skipped, but {', '.join(missing)} tests are required here: {report.longrepr}"
        )
    return report

"""A page worth keeping open: half a minute of talk leaves nothing behind. `benchmarks.page` looks for ten."""

import pytest
from playwright.sync_api import Browser

from benchmarks.page import memory_samples
from benchmarks.page_analysis import memory_figures
from benchmarks.server_process import ServerProcess
from tests.e2e.conftest import new_context, open_tab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

HISTORY_MB = 2.5
"""In its first minute the page fills its records of frames and arrivals; half of that, and a margin."""


def test_half_a_minute_of_talk_leaves_nothing_behind(browser: Browser, server: ServerProcess) -> None:
    context = new_context(browser)
    try:
        tab = open_tab(context, f"{server.url}/?raw=1")
        tab.talk()
        tab.until("streamEngine.drawing.pictures > 30")
        found = memory_figures(memory_samples(tab.page, seconds=30, step_s=3))
        assert found["gpu_object_growth"] == 0
        assert found["node_growth"] <= 20
        assert found["listener_growth"] <= 5
        assert found["heap_growth_mb"] < HISTORY_MB
        assert tab.complaints == []
    finally:
        context.close()

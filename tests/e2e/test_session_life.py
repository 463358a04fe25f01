"""Sessions begin, break and end as a person would want: restart of the server, a closed tab, a hidden one."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Route
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.server_process import ServerProcess
from stream_engine.clock import MEDIA_RATE, SystemClock
from tests.e2e.conftest import new_context, open_tab
from tests.e2e.raw_tab import RawTab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    fresh = new_context(browser)
    yield fresh
    fresh.close()


def sessions(server: ServerProcess) -> float:
    """Sessions the server counts right now."""
    for family in text_string_to_metric_families(server.get("/metrics")):
        for sample in family.samples:
            if sample.name == "stream_engine_sessions":
                return float(sample.value)
    raise AssertionError("the server does not count its sessions")


def await_sessions(server: ServerProcess, wanted: int, within_s: float) -> float:
    """How long it took until the server counted so many sessions, s."""
    clock, pause = SystemClock(), threading.Event()
    start = clock.monotonic()
    while sessions(server) != wanted:
        assert clock.monotonic() - start < within_s, f"{sessions(server):.0f} sessions after {within_s} s, not {wanted}"
        pause.wait(0.05)
    return clock.monotonic() - start


def test_a_closed_tab_frees_its_session_at_once(server: ServerProcess, context: BrowserContext) -> None:
    await_sessions(server, 0, 5)
    tab = open_tab(context, f"{server.url}/?raw=1")
    tab.talk()
    assert sessions(server) == 1
    tab.page.close(run_before_unload=True)
    await_sessions(server, 0, 3)  # by DELETE: a lost connection alone would take ICE half a minute to notice


def _late_farewell(route: Route) -> None:
    """Holds a DELETE back for as long as a connection takes to close, so that the two race to the server."""
    if route.request.method == "DELETE":
        threading.Event().wait(0.4)
    route.continue_()


def test_stop_ends_the_session_and_talk_begins_another(server: ServerProcess, context: BrowserContext) -> None:
    tab = open_tab(context, f"{server.url}/?raw=1")
    tab.page.route("**/whip/*", _late_farewell)
    tab.talk()
    first = tab.page.evaluate("streamEngine.state.session")
    tab.page.click("#talk")
    tab.until("streamEngine.state.phase === 'idle'")
    await_sessions(server, 0, 3)
    tab.talk()
    tab.until("streamEngine.state.phase === 'live'")
    assert tab.page.evaluate("streamEngine.state.session") != first
    assert tab.complaints == []


def test_a_hidden_tab_goes_on_and_comes_back_to_the_present(
    server: ServerProcess, browser: Browser, context: BrowserContext
) -> None:
    tab = RawTab(browser, f"{server.url}/?raw=1", pump=context.new_page())
    try:
        tab.until("window.streamEngine?.faceReady")
        tab.evaluate("document.getElementById('talk').click()")
        tab.until("streamEngine.motionStats.received > 25 && streamEngine.history.length > 2")
        session = tab.evaluate("streamEngine.state.session")
        tab.hide()
        tab.until("document.hidden")
        received, drawn = tab.evaluate("[streamEngine.motionStats.received, streamEngine.history.length]")
        tab.until(f"streamEngine.motionStats.received > {received + 100}")  # two seconds
        assert tab.evaluate("streamEngine.history.length") <= drawn + 1, "a hidden page draws"
        tab.show()
        tab.until(f"!document.hidden && streamEngine.history.length > {drawn + 5}")
        behind = tab.evaluate("streamEngine.lastFrame.mediaTime - streamEngine.shown.mediaTime")
        assert behind < 0.2 * MEDIA_RATE, f"the face is {behind / 48:.0f} ms behind the newest motion"
        assert tab.evaluate("streamEngine.state.session") == session
    finally:
        tab.close()


def test_a_sample_voice_speaks_without_a_microphone(server: ServerProcess, context: BrowserContext) -> None:
    tab = open_tab(context, f"{server.url}/")
    tab.until("window.streamEngine?.faceReady")
    tab.page.click("#sample")
    tab.until("streamEngine.shown?.pairing === 'sound' && streamEngine.shown.mouthPx > 2")
    assert tab.page.evaluate("streamEngine.state.voice") == "sample"
    assert tab.complaints == []


def test_the_page_reconnects_when_the_server_restarts(
    studio_build: Path, context: BrowserContext, tmp_path: Path
) -> None:
    server = ServerProcess(tmp_path / "server.log")
    with server:
        tab = open_tab(context, f"{server.url}/?raw=1")
        tab.talk()
        first = tab.page.evaluate("streamEngine.state.session")
        seed = tab.page.evaluate("streamEngine.seed")
        server.kill()
        tab.until("streamEngine.state.phase === 'reconnecting'", 10)
        server.start()
        tab.until("streamEngine.state.phase === 'live' && streamEngine.motionStats.received > 50", 40)
        assert tab.page.evaluate("streamEngine.state.session") != first
        assert tab.page.evaluate("streamEngine.seed") == seed, "the face came back as another"
        assert tab.page.evaluate("streamEngine.state.problem") is None

"""What is chosen before, during and beside a session comes into force; a viewer's page offers only what is its own."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Route

from benchmarks.server_process import ServerProcess
from tests.e2e.conftest import Tab, new_context, open_tab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
SPEAKERS_OWN = ("tab-motion", "tab-sound", "panel-motion", "panel-sound", "mirror", "seed", "look-ahead")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    fresh = new_context(browser)
    yield fresh
    fresh.close()


def enter(tab: Tab, field: str, value: str) -> None:
    """Chooses in a list, or types into a field and leaves it."""
    tab.page.evaluate(
        """([id, value]) => {
          const field = document.getElementById(id);
          field.value = value;
          field.dispatchEvent(new Event('change', { bubbles: true }));
        }""",
        [field, value],
    )


def shown(tab: Tab) -> tuple[str, str]:
    """Look-ahead and seed as the page shows them."""
    look_ahead, seed = tab.page.evaluate("['look-ahead', 'seed'].map((id) => document.getElementById(id).value)")
    return look_ahead, seed


def visible(tab: Tab, name: str) -> bool:
    return bool(tab.page.evaluate("(id) => document.getElementById(id).checkVisibility()", name))


def test_the_settings_of_the_first_session_are_shown_before_it(server: ServerProcess, context: BrowserContext) -> None:
    asked = open_tab(context, f"{server.url}/?look_ahead_ms=100&seed=7")
    asked.until("window.streamEngine !== undefined")
    assert shown(asked) == ("100", "7")
    asked.page.close()

    tab = open_tab(context, f"{server.url}/?raw=1")
    tab.until("document.getElementById('look-ahead').value === '60'")
    enter(tab, "look-ahead", "0")
    tab.talk()
    tab.until("streamEngine.latency.lookAheadMs === 0")
    assert shown(tab)[0] == "0"
    assert tab.complaints == []


def test_what_is_chosen_while_connecting_comes_into_force(server: ServerProcess, context: BrowserContext) -> None:
    tab = open_tab(context, f"{server.url}/?raw=1")
    tab.until("window.streamEngine?.faceReady")
    offers: list[Route] = []
    tab.page.route("**/whip", lambda route: offers.append(route))
    tab.page.click("#talk")
    while not offers:
        tab.page.wait_for_timeout(50)
    enter(tab, "look-ahead", "100")
    enter(tab, "seed", "9")
    offers[0].continue_()
    tab.until("streamEngine.latency.lookAheadMs === 100 && streamEngine.seed === 9")
    tab.until("document.getElementById('look-ahead').value === '100' && document.getElementById('seed').value === '9'")
    assert tab.complaints == []


def test_a_viewer_is_offered_only_what_is_its_own(server: ServerProcess, context: BrowserContext) -> None:
    speaker = open_tab(context, f"{server.url}/?raw=1")
    speaker.talk()
    speaker.choose("emotion", "joy")
    speaker.until("streamEngine.style?.emotion === 'joy'")
    viewer = open_tab(context, f"{server.url}/?watch={speaker.page.evaluate('streamEngine.state.session')}")
    viewer.until("window.streamEngine?.faceReady && streamEngine.state.phase === 'live'")
    press = viewer.page.keyboard.press
    press("p")
    reached = [viewer.page.evaluate("document.activeElement.id")]
    for _ in range(2):
        press("ArrowRight")
        reached.append(viewer.page.evaluate("document.activeElement.id"))
    assert reached == ["tab-look", "tab-take", "tab-look"]
    assert [name for name in SPEAKERS_OWN if visible(viewer, name)] == []
    assert [name for name in ("listening", "graph-on") if not visible(viewer, name)] == []
    viewer.choose("background", "green")
    assert viewer.page.evaluate("streamEngine.state.phase") == "live"
    assert json.loads(viewer.page.evaluate("localStorage.getItem('stream-engine-studio')"))["style"]["emotion"] == "joy"
    assert viewer.complaints == []
    assert speaker.complaints == []


def test_two_tabs_keep_each_others_choices(server: ServerProcess, context: BrowserContext) -> None:
    one, other = (open_tab(context, f"{server.url}/") for _ in range(2))
    for tab in (one, other):
        tab.until("window.streamEngine !== undefined")
    one.choose("background", "green")
    one.choose("emotion", "joy")
    # Storage reaches a tab of another process a moment later.
    other.until("JSON.parse(localStorage.getItem('stream-engine-studio') ?? '{}').style?.emotion === 'joy'")
    other.choose("framing", "face")
    other.choose("gaze", "camera")
    other.until("JSON.parse(localStorage.getItem('stream-engine-studio')).style.gaze === 'camera'")
    stored = json.loads(other.page.evaluate("localStorage.getItem('stream-engine-studio')"))
    assert (stored["background"], stored["framing"]) == ("green", "face")
    assert (stored["style"]["emotion"], stored["style"]["gaze"]) == ("joy", "camera")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills a process the POSIX way")
def test_the_page_says_that_the_engine_restarts(studio_build: Path, context: BrowserContext, tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "server.log") as server:
        tab = open_tab(context, f"{server.url}/?raw=1")
        tab.talk()
        workers = re.findall(r"engine_ready\b.*\bworker=(\d+)", server.log.read_text())
        os.kill(int(workers[-1]), signal.SIGKILL)
        tab.until("streamEngine.state.problem === 'engine_restarting'", 10)
        assert tab.page.evaluate("document.getElementById('notice').checkVisibility()")
        assert tab.page.evaluate("streamEngine.state.phase") == "live"
        tab.until("streamEngine.state.problem !== 'engine_restarting'", 40)
        received = tab.page.evaluate("streamEngine.motionStats.received")
        tab.until(f"streamEngine.motionStats.received > {received + 25}")
        assert tab.page.evaluate("streamEngine.state.phase") == "live"

"""Nobody speaks yet, or nobody speaks any more: the face lives all the same."""

import pytest
from playwright.sync_api import Browser

from benchmarks.browser import wait_until
from benchmarks.server_process import ServerProcess
from tests.e2e.conftest import Tab, new_context, open_tab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

GLIMPSES = 12


def sights(tab: Tab) -> set[bytes]:
    """Different pictures of the face among a few glimpses."""
    face = tab.page.locator("#face")
    return {face.screenshot() for _ in range(GLIMPSES)}


def test_the_face_lives_before_and_after_talk(server: ServerProcess, browser: Browser) -> None:
    context = new_context(browser)
    tab = open_tab(context, f"{server.url}/?raw=1")
    wait_until(tab.page, "window.streamEngine?.faceReady", 30)
    assert len(sights(tab)) > 3, "the face stands still before anyone talks"
    tab.talk()
    tab.page.click("#talk")
    tab.until("streamEngine.state.phase === 'idle' && streamEngine.shown === null")
    assert len(sights(tab)) > 3, "the face stands still after the talk"
    assert tab.complaints == []
    context.close()

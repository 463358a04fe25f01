"""A feeling chosen in the studio is seen on the face drawn, and the seed told by the server is shown."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from benchmarks.server_process import ServerProcess
from tests.e2e.conftest import new_context, open_tab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    fresh = new_context(browser)
    yield fresh
    fresh.close()


def test_a_feeling_chosen_is_seen_on_the_face(server: ServerProcess, context: BrowserContext) -> None:
    tab = open_tab(context, f"{server.url}/?raw=1&seed=7")
    tab.talk()
    tab.until("streamEngine.style?.emotion === 'neutral' && streamEngine.seed === 7")
    tab.until("document.getElementById('seed').value === '7'")

    tab.choose("emotion", "joy")
    tab.until("streamEngine.style.emotion === 'joy'")
    tab.until("((c) => c.CheekSquintLeft > 0.55 && c.MouthSmileLeft > 0.25)(streamEngine.shown.channels)")
    tab.choose("emotion", "anger")
    tab.until("((c) => c.BrowDownLeft > 0.65 && c.CheekSquintLeft < 0.3)(streamEngine.shown.channels)")

    # The pad by its keys: the face looks to the side that the dot is on, in the mirror too.
    tab.choose("gaze", "target")
    pad = tab.page.locator("#gaze-pad")
    tab.page.evaluate("document.getElementById('gaze-pad').focus()")
    for _ in range(4):
        pad.dispatch_event("keydown", {"key": "ArrowRight"})
    mirrored = tab.page.evaluate("document.getElementById('face').classList.contains('mirrored')")
    side = -1 if mirrored else 1
    tab.until(f"{side} * streamEngine.style.gaze_target.yaw > 0.15")
    tab.until(f"((c) => {side} * (c.HeadYaw + c.LeftEyeYaw) > 0.15)(streamEngine.shown.channels)")
    assert "° to its" in (pad.get_attribute("aria-valuetext") or "")

    pad_says = tab.page.evaluate("document.getElementById('gaze-pad').getAttribute('aria-describedby')")
    assert "Home" in tab.page.evaluate(f"document.getElementById('{pad_says}').textContent")

    # An emptied field asks for nothing: the seed told stays.
    tab.page.evaluate(
        "((field) => { field.value = ''; field.dispatchEvent(new Event('change')); })(document.getElementById('seed'))"
    )
    assert tab.page.evaluate("document.getElementById('seed').value") == "7"
    assert tab.page.evaluate("streamEngine.seed") == 7
    tab.page.evaluate("document.getElementById('seed-new').click()")
    tab.until("String(streamEngine.seed) === document.getElementById('seed').value")
    tab.page.evaluate("document.getElementById('style-reset').click()")
    tab.until("streamEngine.style.emotion === 'neutral' && streamEngine.style.gaze === 'free'")
    assert tab.complaints == []

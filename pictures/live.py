"""The studio while someone talks: real server, real session, a picture in mid-word."""

import io
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize

from benchmarks.browser import wait_until
from pictures.layout import beside

Scheme = Literal["light", "dark"]
TRIES = 14
"""Pictures taken of one talk; the one with the mouth open widest is kept."""


@dataclass(frozen=True)
class Screen:
    """What the studio is looked at on."""

    viewport: ViewportSize
    scale: float
    phone: bool


DESKTOP = Screen({"width": 1280, "height": 800}, 1.25, phone=False)
PHONE = Screen({"width": 390, "height": 844}, 2, phone=True)


def studio(browser: Browser, url: str, screen: Screen, scheme: Scheme) -> Image.Image:
    """The studio in mid-word.

    Args:
        browser: its microphone plays speech.
        url: the server's.
        screen: desktop or phone.
        scheme: light or dark.
    """
    context = browser.new_context(
        permissions=["microphone"],
        viewport=screen.viewport,
        device_scale_factor=screen.scale,
        is_mobile=screen.phone,
        has_touch=screen.phone,
        color_scheme=scheme,
    )
    with closing(context):
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{url}/?finish=full&light=0")
        wait_until(page, "window.streamEngine?.faceReady", 120)
        page.click("#talk")
        wait_until(page, "streamEngine.shown?.speaking === true && streamEngine.latency.roundTripMs !== null", 120)
        return _mid_word(page)


def side_by_side(light: Image.Image, dark: Image.Image) -> Image.Image:
    """Two phones next to each other."""
    return beside(light, dark)


def _mid_word(page: Page) -> Image.Image:
    """The picture of several with the mouth open widest before and after it was taken."""
    best: tuple[float, bytes] | None = None
    for _ in range(TRIES):
        before = _mouth_px(page)
        picture = page.screenshot(animations="allow", caret="hide")
        opening = min(before, _mouth_px(page))
        if best is None or opening > best[0]:
            best = (opening, picture)
    if best is None or best[0] <= 0:
        raise RuntimeError("nobody spoke while the pictures were taken; is the microphone's file silent?")
    with Image.open(io.BytesIO(best[1])) as shown:
        return shown.convert("RGB")


def _mouth_px(page: Page) -> float:
    return float(page.evaluate("(streamEngine.shown?.speaking && streamEngine.shown.mouthPx) || 0"))

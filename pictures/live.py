"""The studio while someone talks: real server, real session, a picture in mid-word.

Without a graphics card the studio draws plainly, and drawing in full would take all the processor has from the voice.
So the talk runs plainly; its pose and camera in mid-word go to a tab that draws in full, and that picture takes the
canvas's place while the controls around it go on.
"""

from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize

from benchmarks.browser import wait_until
from pictures.pose_tab import pose_page

Scheme = Literal["light", "dark"]
_OPEN = 0.75
"""Mid-word: the lips this near to the widest seen so far."""
_SEE_S = 6
"""How long the widest is looked for."""
_PUT = """([png, id]) => {
  const canvas = document.getElementById(id);
  const picture = new Image();
  for (const { name, value } of canvas.attributes) picture.setAttribute(name, value);
  picture.src = png;
  canvas.id = `${id}-hidden`;
  canvas.style.display = 'none';
  canvas.after(picture);
  return picture.decode();
}"""


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
        page.goto(f"{url}/?finish=plain")
        wait_until(page, "window.streamEngine?.faceReady")
        page.click("#talk")
        wait_until(page, "streamEngine.shown?.speaking === true && streamEngine.latency.roundTripMs !== null")
        moment = _mid_word(page)
        _draw_in_full(browser, url, page, moment)
        wait_until(page, "streamEngine.shown?.speaking === true")
        with Image.open(BytesIO(page.screenshot(caret="hide"))) as shown:
            return shown.convert("RGB")


def _mid_word(page: Page) -> dict[str, Any]:
    """Pose and camera at an instant with the mouth wide open, eyes too."""
    page.wait_for_timeout(_SEE_S * 1000)
    widest = float(page.evaluate("Math.max(...streamEngine.history.map((shown) => shown.mouthPx ?? 0))"))
    if widest <= 0:
        raise RuntimeError("nobody spoke; is the microphone's file silent?")
    page.evaluate(
        """() => {
          const look = () => {
            const { shown, view } = streamEngine;
            const awake = shown !== null && shown.channels.EyeBlinkLeft < 0.15;
            if (awake && shown.speaking && shown.mouthPx > %f) window.midWord = { channels: shown.channels, view };
            else requestAnimationFrame(look);
          };
          look();
        }"""
        % (_OPEN * widest)
    )
    wait_until(page, "window.midWord !== undefined")
    found: dict[str, Any] = page.evaluate("window.midWord")
    return found


def _draw_in_full(browser: Browser, url: str, page: Page, moment: dict[str, Any]) -> None:
    """Puts the same pose, drawn in full, into the canvas's place."""
    view = moment["view"]
    with pose_page(browser, url, finish="full", scale=2) as studio_page:
        drawn = studio_page.evaluate(
            "request => streamEngine.portrait(request)",
            {
                "channels": moment["channels"],
                "camera": {name: view[name] for name in ("position", "quaternion", "fieldOfView")},
                "size": [view["width"], view["height"]],
                "light": False,
            },
        )
    page.evaluate(_PUT, [drawn["png"], "face"])

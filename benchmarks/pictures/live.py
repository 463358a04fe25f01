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
from benchmarks.pictures.pose_tab import pose_page
from benchmarks.pictures.sentence import SEED

Scheme = Literal["light", "dark"]
_SEE_S = 10
"""How long the best instant is looked for."""
_WATCH = """() => {
  const seen = (window.midWord = { watching: true, best: null });
  let highest = -Infinity;
  const look = () => {
    const { shown, view } = streamEngine;
    if (shown?.speaking) {
      const { channels, mouthPx } = shown;
      const { HeadYaw, HeadPitch, LeftEyeYaw, LeftEyePitch, EyeBlinkLeft } = channels;
      const away = Math.abs(HeadYaw) + Math.hypot(HeadYaw + LeftEyeYaw, HeadPitch + LeftEyePitch);
      const worth = (25 * mouthPx) / view.height - 4 * away - 3 * EyeBlinkLeft;
      if (mouthPx > 0 && worth > highest) {
        highest = worth;
        seen.best = { channels, view };
      }
    }
    if (seen.watching) requestAnimationFrame(look);
  };
  look();
}"""
_GRAPH_S = 4.5
"""The graph shows this much of the past: let it see a page that is left alone."""
_TRIES = 8
_PUT = """png => {
  const canvas = document.getElementById('face');
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const picture = new Image();
  picture.alt = '';
  picture.src = png;
  Object.assign(picture.style, {
    position: 'fixed', left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px`,
    transform: getComputedStyle(canvas).transform, pointerEvents: 'none',
  });
  canvas.style.visibility = 'hidden';
  canvas.after(picture);
  return picture.decode();
}"""
_SPEAKING = "streamEngine.shown?.speaking && document.getElementById('turn').dataset.speaking === 'true'"


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
        page.goto(f"{url}/?finish=plain&seed={SEED}")
        wait_until(page, "window.streamEngine?.faceReady")
        page.click("#talk")
        wait_until(page, f"{_SPEAKING} && streamEngine.latency.roundTripMs !== null")
        moment = _mid_word(page)
        _draw_in_full(browser, url, page, moment)
        page.wait_for_timeout(_GRAPH_S * 1000)
        with Image.open(BytesIO(_while_speaking(page))) as shown:
            return shown.convert("RGB")


def _while_speaking(page: Page) -> bytes:
    """A screenshot before and after which the page said that someone speaks; the last one where none was."""
    for _ in range(_TRIES):
        wait_until(page, _SPEAKING)
        shown = page.screenshot(caret="hide")
        if page.evaluate(_SPEAKING):
            break
    return shown


def _mid_word(page: Page) -> dict[str, Any]:
    """Pose and camera at the instant of some seconds at which the mouth is widest and the person looks at us."""
    page.evaluate(_WATCH)
    page.wait_for_timeout(_SEE_S * 1000)
    found: dict[str, Any] | None = page.evaluate("(window.midWord.watching = false, window.midWord.best)")
    if found is None:
        raise RuntimeError("nobody spoke; is the microphone's file silent?")
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
    page.evaluate(_PUT, drawn["png"])

"""A browser tab that photographs posed faces: `/pose.html` of the web client, driven through its `portrait` call."""

import base64
import io
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page

from benchmarks.browser import wait_until

Framing = Literal["eyes", "cheeks", "mouth", "face", "head", "bust", "poster"]
Finish = Literal["full", "plain"]

PAPER = "#dfe3e8"
"""Behind a face: light and cool, so that skin stands out warm. One colour: compression makes steps of a gradient."""


@dataclass(frozen=True)
class Shot:
    """One picture of a posed face.

    Attributes:
        channels: weights and angles by channel name; absent ones are 0.
        framing: how much of the person is in the picture.
        yaw: camera's angle in degrees; positive sees the character's left side.
        pitch: degrees; positive looks down from above.
        look: id of a built-in head; None for the first.
        light: the variant of few vertices.
        background: a CSS colour; None for transparency.
        size: width and height in pixels of the picture.
    """

    channels: Mapping[str, float] = field(default_factory=dict)
    framing: Framing = "head"
    yaw: float = 0.0
    pitch: float = 0.0
    look: str | None = None
    light: bool = False
    background: str | None = PAPER
    size: tuple[int, int] = (320, 320)

    def request(self) -> dict[str, Any]:
        """The argument of `streamEngine.portrait`."""
        asked: dict[str, Any] = {
            "channels": dict(self.channels),
            "camera": {"yaw": self.yaw, "pitch": self.pitch, "framing": self.framing},
            "light": self.light,
            "size": list(self.size),
        }
        if self.look is not None:
            asked["look"] = self.look
        if self.background is not None:
            asked["background"] = self.background
        return asked


class PoseTab:
    """A tab on `/pose.html`; made by `pose_tab`.

    Attributes:
        looks: id and label of the built-in heads.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self.looks: list[tuple[str, str]] = [
            (str(look["id"]), str(look["label"])) for look in page.evaluate("streamEngine.looks")
        ]

    def take(self, shot: Shot) -> Image.Image:
        """Photographs a posed face, RGBA or (with a background) RGB.

        The same shot on the same machine gives the same pixels.

        Raises:
            playwright.sync_api.Error: there is no such look, channel or framing.
        """
        taken = self._page.evaluate("request => streamEngine.portrait(request)", shot.request())
        data = base64.b64decode(str(taken["png"]).partition(",")[2])
        with Image.open(io.BytesIO(data)) as drawn:
            picture = drawn.convert("RGBA" if shot.background is None else "RGB")
        return picture.resize(shot.size, Image.Resampling.LANCZOS)


@contextmanager
def pose_page(browser: Browser, url: str, *, finish: Finish = "full", scale: float = 2) -> Iterator[Page]:
    """Opens the page for posed faces.

    Args:
        browser: any Chromium.
        url: the server's.
        finish: `full` as a graphics card draws, however slow; `plain` as the studio does without one.
        scale: drawn pixels along an edge for one of CSS.
    """
    context = browser.new_context(viewport={"width": 1024, "height": 1024}, device_scale_factor=scale)
    with closing(context):
        page = context.new_page()
        page.goto(f"{url}/pose.html?finish={finish}")
        wait_until(page, "window.streamEngine !== undefined")
        yield page


@contextmanager
def pose_tab(browser: Browser, url: str, *, finish: Finish = "full") -> Iterator[PoseTab]:
    """Opens a tab that photographs posed faces; see `pose_page`."""
    with pose_page(browser, url, finish=finish) as page:
        yield PoseTab(page)

"""`python -m pictures.posters` takes the pictures of the looks that the studio shows before the faces themselves.

Each is cut as `clients/web/src/poster.ts` says, on nothing, so that it lies on any background exactly where the face
will be. Take them anew whenever a head has changed, and build the studio again.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser
from rich.console import Console

from benchmarks.browser import chromium, wait_until
from benchmarks.server_process import REPOSITORY, ServerProcess
from benchmarks.speech_source import MICROPHONE_RATE, burst, write_microphone

FOLDER = REPOSITORY / "clients" / "web" / "public" / "looks"
LEFT, TOP, RIGHT, BOTTOM = -2.2, 2.2, 2.2, -3.0
"""What is cut out, in pupil distances about the middle of the eyes; as `POSTER` in poster.ts."""
_WINDOW = 800
_QUALITY = 82


def poster(browser: Browser, url: str, look: str) -> Image.Image:
    """A look at rest, in front, on nothing.

    Args:
        browser: draws it.
        url: a server's address.
        look: id of the look.
    """
    page = browser.new_page(viewport={"width": _WINDOW, "height": _WINDOW}, reduced_motion="reduce")
    page.goto(f"{url}/?look={look}&chrome=0&background=transparent&framing=wide&finish=full")
    wait_until(page, "window.streamEngine?.faceReady && document.getElementById('poster').hidden")
    camera = page.evaluate("streamEngine.camera")
    with Image.open(BytesIO(page.screenshot(omit_background=True))) as taken:
        picture = taken.convert("RGBA")
    page.close()
    scale = camera["pxPerPupil"]
    x, y = _WINDOW / 2 - camera["x"] * scale, _WINDOW / 2 + camera["y"] * scale
    return picture.crop(
        (round(x + LEFT * scale), round(y - TOP * scale), round(x + RIGHT * scale), round(y - BOTTOM * scale))
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Takes the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pictures.posters", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    console = Console(highlight=False)
    with ExitStack() as closing:
        folder = Path(closing.enter_context(TemporaryDirectory()))
        url = closing.enter_context(ServerProcess(folder / "server.log")).url
        wav = write_microphone(folder / "microphone.wav", burst(0.01), MICROPHONE_RATE)
        browser = closing.enter_context(chromium(wav))
        page = browser.new_page()
        page.goto(url)
        wait_until(page, "document.querySelector('#look-list input') !== null")
        looks: list[str] = page.evaluate("[...document.querySelectorAll('input[name=look]')].map((one) => one.value)")
        page.close()
        for look in looks:
            picture = poster(browser, url, look)
            file = options.out / f"{look}.webp"
            picture.save(file, quality=_QUALITY, method=6)
            console.print(f"{file}  {picture.width} × {picture.height}, {file.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A real Chromium for measurements and end-to-end tests: the system's own, its microphone fed from a file."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from stream_engine.clock import SystemClock

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    # Without a graphics card WebGL needs the software renderer, which recent versions only use when told to.
    "--enable-unsafe-swiftshader",
)
RAW_MICROPHONE = {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False, "channelCount": 1}
"""getUserMedia constraints: send what the file holds (`audio: true` would switch gain control on)."""


class NoChromiumError(RuntimeError):
    """There is no Chromium to drive."""

    def __init__(self) -> None:
        super().__init__("no Chromium on this machine; install it (on Debian: apt install chromium)")


def find_chromium() -> str | None:
    """Path of the system's Chromium or Chrome; None where there is none."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@contextmanager
def chromium(microphone: Path, *, loop: bool = True) -> Iterator[Browser]:
    """A headless Chromium whose microphone plays a WAV file.

    Args:
        microphone: PCM WAV; starts over with every getUserMedia.
        loop: play it again and again; else silence follows.

    Raises:
        NoChromiumError: none is installed.
    """
    executable = find_chromium()
    if executable is None:
        raise NoChromiumError
    fed = f"--use-file-for-fake-audio-capture={microphone.resolve()}{'' if loop else '%noloop'}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, headless=True, args=[*_FLAGS, fed])
        try:
            yield browser
        finally:
            browser.close()


class PageTimeoutError(TimeoutError):
    """Something did not come about in a page in time."""


def wait_until(page: Page, condition: str, timeout_s: float = 60.0) -> None:
    """Waits until a JavaScript expression holds, looking ten times a second.

    Playwright's own `wait_for_function` evaluates inside the page, which our pages' content security policy forbids.

    Raises:
        PageTimeoutError: it did not hold in time.
    """
    clock = SystemClock()
    deadline = clock.monotonic() + timeout_s
    while not page.evaluate(condition):
        if clock.monotonic() > deadline:
            raise PageTimeoutError(f"in {timeout_s:.0f} s it did not come about that {condition}")
        page.wait_for_timeout(100)

"""A real server, a real Chromium and a real voice, shared by the tests of this folder.

Fixtures live as long as the folder's tests and no longer: Playwright's event loop runs in the main thread while its
browser is open, where other tests want to run their own.
"""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soxr
from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks.browser import chromium, find_chromium, wait_until
from benchmarks.latency import PROBE
from benchmarks.server_process import REPOSITORY, ServerProcess
from benchmarks.speech_source import MICROPHONE_RATE, burst, spoken, write_microphone
from models.face.lip_measures import Phone
from models.ticks import SAMPLE_RATE

WEB = REPOSITORY / "clients" / "web"
SPEECH_PEAK = 0.35
"""Speech stays well below the bursts."""
LEAD_MS = 3000.0
"""Silence at the beginning: time to connect."""
BURSTS_MS = (0, 700, 1250, 2100, 2750, 3650, 4200, 5100, 5700, 6600)
"""Bursts after it, at irregular times."""
PAUSE_MS = 1500.0
"""Silence between the bursts and the first sentence: the mouth can be seen at rest."""
GAP_MS = 1200.0
"""Silence after each sentence."""


class Voice:
    """What the microphone hears: bursts, then sentences with known phones.

    Attributes:
        wav: the microphone's file.
        phones: in ms of the file.
        bursts_ms: onsets of the bursts, in ms of the file.
        speech_ms: where the silence before the first sentence begins, and where the one after the last ends.
    """

    def __init__(self, wav: Path) -> None:
        sound = spoken(lead_ms=PAUSE_MS, gap_ms=GAP_MS)
        begins_ms = LEAD_MS + BURSTS_MS[-1] + 100
        opening = np.zeros(int(begins_ms * MICROPHONE_RATE / 1000), np.float32)
        tone = burst(0.01)
        for at_ms in BURSTS_MS:
            at = int((LEAD_MS + at_ms) * MICROPHONE_RATE / 1000)
            opening[at : at + len(tone)] = tone
        speech = soxr.resample(sound.audio, SAMPLE_RATE, MICROPHONE_RATE)
        speech *= min(1.0, SPEECH_PEAK / float(np.abs(speech).max()))
        self.phones: tuple[Phone, ...] = tuple(
            (start + begins_ms, end + begins_ms, name) for start, end, name in sound.phones
        )
        self.bursts_ms = [LEAD_MS + at_ms for at_ms in BURSTS_MS]
        self.speech_ms = (begins_ms, begins_ms + sound.duration_ms)
        self.wav = write_microphone(wav, np.concatenate([opening, speech]), MICROPHONE_RATE)


@pytest.fixture(scope="package")
def studio_build() -> Path:
    """The built studio; built here where sources are newer than the build."""
    built = WEB / "dist" / "index.html"
    sources = [path for path in (WEB / "src").rglob("*") if path.is_file()]
    sources += [WEB / name for name in ("index.html", "pose.html", "package-lock.json", "vite.config.ts")]
    sources += (REPOSITORY / "models" / "face" / "head").glob("*.glb")
    if built.is_file() and built.stat().st_mtime >= max(path.stat().st_mtime for path in sources):
        return built.parent
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm to build the studio with; install Node.js")
    if not (WEB / "node_modules").is_dir():
        _run(npm, "ci", "--no-audit", "--no-fund")
    _run(npm, "run", "build")
    return built.parent


@pytest.fixture(scope="package")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Voice:
    return Voice(tmp_path_factory.mktemp("voice") / "microphone.wav")


@pytest.fixture(scope="package")
def server(studio_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server") / "server.log") as running:
        yield running


@pytest.fixture(scope="package")
def browser(voice: Voice) -> Iterator[Browser]:
    if find_chromium() is None:
        pytest.skip("no Chromium to drive; install it (on Debian: apt install chromium)")
    with chromium(voice.wav, loop=False) as running:
        yield running


@dataclass(frozen=True)
class Tab:
    """A page, and what went wrong in it.

    Attributes:
        page: the page.
        complaints: errors on its console, and errors nobody caught.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)

    def until(self, condition: str, timeout_s: float = 30) -> None:
        """Waits until a JavaScript expression holds."""
        wait_until(self.page, condition, timeout_s)

    def choose(self, name: str, value: str) -> None:
        """Picks one of a group of radio buttons."""
        self.page.evaluate(f"document.querySelector('input[name={name}][value={value}]').click()")

    def talk(self) -> None:
        """Presses "Talk" and waits for motion."""
        self.until("window.streamEngine?.faceReady")
        self.page.click("#talk")
        self.until("streamEngine.motionStats.received > 25")


def open_tab(context: BrowserContext, address: str) -> Tab:
    """A tab on an address, with the measuring probe in it."""
    tab = Tab(context.new_page())
    tab.page.on("console", lambda message: tab.complaints.append(message.text) if message.type == "error" else None)
    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.page.add_init_script(path=PROBE)
    tab.page.goto(address)
    return tab


def new_context(browser: Browser) -> BrowserContext:
    """A fresh profile with a small window: software GL draws it in time."""
    return browser.new_context(permissions=["microphone"], viewport={"width": 360, "height": 360})


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)} failed in clients/web:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

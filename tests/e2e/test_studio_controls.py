"""What a person sets reaches the server, the viewers and the next visit; and a take gives its three files."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext
from pygltflib import GLTF2

from benchmarks.server_process import REPOSITORY, ServerProcess
from models.face.channels import CHANNELS
from stream_engine.stage.live_link_csv import timecode
from tests.e2e.conftest import Tab, new_context, open_tab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
HEADS = REPOSITORY / "models" / "face" / "head"
EBML = b"\x1a\x45\xdf\xa3"
RECORDED_S = 2
ROWS_PER_SECOND = 50


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    fresh = new_context(browser)
    yield fresh
    fresh.close()


def slide(tab: Tab, field: str, value: float) -> None:
    """Moves a slider as the keyboard or a finger does."""
    tab.page.evaluate(
        """([id, value]) => {
          const slider = document.getElementById(id);
          slider.value = value;
          slider.dispatchEvent(new Event('input', { bubbles: true }));
        }""",
        [f"style-{field}", value],
    )


def test_controls_reach_the_server_and_every_viewer(server: ServerProcess, context: BrowserContext) -> None:
    speaker = open_tab(context, f"{server.url}/?raw=1")
    speaker.talk()
    session = speaker.page.evaluate("streamEngine.state.session")
    viewer = open_tab(context, f"{server.url}/?watch={session}")
    viewer.until("streamEngine.style?.mouth_gain === 1 && streamEngine.style.gaze === 'free'")

    # A hand that drags sends more than the wire takes: only the last value must arrive.
    for step in range(30):
        slide(speaker, "mouth-gain", 1 + step / 100)
    slide(speaker, "blinks-per-minute", 30)
    speaker.page.evaluate("document.querySelector('input[name=gaze][value=camera]').click()")
    arrived = "s?.mouth_gain === 1.3 && s.blinks_per_minute === 30 && s.gaze === 'camera'"
    slide(speaker, "mouth-gain", 1.3)
    for tab in (viewer, speaker):
        tab.until(f"((s) => {arrived})(streamEngine.style)")
    assert speaker.page.evaluate("streamEngine.state.phase") == "live", "the server took the controls for a flood"

    # The next session is told at once, without a touch.
    speaker.page.reload()
    speaker.talk()
    speaker.until(f"((s) => {arrived})(streamEngine.style)")
    assert speaker.page.locator("#style-mouth-gain").get_attribute("aria-valuetext") == "130 %"
    speaker.page.evaluate("document.getElementById('style-reset').click()")
    speaker.until("streamEngine.style.mouth_gain === 1 && streamEngine.style.gaze === 'free'")
    assert speaker.complaints == []
    assert viewer.complaints == []


def test_a_take_can_be_had_as_gltf_csv_and_webm(server: ServerProcess, context: BrowserContext, tmp_path: Path) -> None:
    tab = open_tab(context, f"{server.url}/?raw=1")
    tab.talk()
    tab.page.keyboard.press("r")
    tab.until("document.getElementById('recording').checkVisibility()")
    begun = tab.page.evaluate("streamEngine.lastFrame.mediaTime")
    tab.until(f"streamEngine.lastFrame.mediaTime > {begun + RECORDED_S * 48_000}")
    tab.page.keyboard.press("r")
    tab.until("document.getElementById('take-gltf')?.checkVisibility()")

    files: dict[str, Path] = {}
    for kind in ("gltf", "csv", "webm"):
        with tab.page.expect_download(timeout=60_000) as download:
            tab.page.click(f"#take-{kind}")
        name = download.value.suggested_filename
        files[kind] = tmp_path / name
        download.value.save_as(files[kind])
        stem = name.partition(".")[0]
        assert [len(part) for part in stem.removeprefix("stream-engine-").split("-")] == [8, 6], name

    rows = list(csv.reader(io.StringIO(files["csv"].read_text("ascii"))))
    assert rows[0] == ["Timecode", "BlendShapeCount", *CHANNELS]
    assert [row[0] for row in rows[1:]] == [timecode(row) for row in range(len(rows) - 1)]
    assert all(len(row) == len(rows[0]) and row[1] == "61" for row in rows[1:])
    assert RECORDED_S * ROWS_PER_SECOND <= len(rows) - 1 <= (RECORDED_S + 4) * ROWS_PER_SECOND

    gltf = GLTF2.load_binary(str(files["gltf"]))
    assert gltf is not None
    [animation] = gltf.animations
    paths = [channel.target.path for channel in animation.channels]
    assert "weights" in paths
    assert "rotation" in paths
    times = gltf.accessors[animation.samplers[0].input]
    assert times.count == len(rows) - 1
    assert times.max[0] == pytest.approx((times.count - 1) / ROWS_PER_SECOND, abs=1e-4)
    # Morph targets tell only what they move: the take is not many times its head's file.
    head_bytes = (HEADS / "mira.light.glb").stat().st_size
    assert files["gltf"].stat().st_size < 2 * head_bytes + 150_000 * times.count / ROWS_PER_SECOND
    names = [(mesh.extras or {}).get("targetNames", []) for mesh in gltf.meshes]
    assert any("jawOpen" in targets for targets in names)

    assert files["webm"].read_bytes().startswith(EBML)
    assert files["webm"].stat().st_size > 10_000
    tab.page.click("#take-discard")
    tab.until("!document.getElementById('take-gltf').checkVisibility()")
    assert tab.complaints == []


def test_what_is_chosen_is_there_again(server: ServerProcess, context: BrowserContext) -> None:
    tab = open_tab(context, f"{server.url}/")
    tab.until("window.streamEngine?.faceReady")
    near = tab.page.evaluate("streamEngine.camera.pxPerPupil")
    for name, value in (("background", "green"), ("framing", "face")):
        tab.page.evaluate(f"document.querySelector('input[name={name}][value={value}]').click()")
    assert tab.page.evaluate("streamEngine.camera.pxPerPupil") > 1.2 * near
    tab.page.reload()
    tab.until("window.streamEngine?.faceReady")
    assert tab.page.evaluate("document.documentElement.dataset.background") == "green"
    assert tab.page.evaluate("streamEngine.camera.pxPerPupil") > 1.2 * near
    stored = json.loads(tab.page.evaluate("localStorage.getItem('stream-engine-studio')"))
    assert (stored["background"], stored["framing"]) == ("green", "face")
    assert tab.complaints == []

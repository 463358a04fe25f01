"""From sound in the microphone track to the face: `python -m benchmarks.latency --json FILE`.

A real headless Chromium talks to the server as shipped (its own process, `run_server.py`, mel, VAD and model on) over
loopback. Its fake microphone plays speech with bursts in it.

How a millisecond is measured. The page records when each 10 ms block of the microphone track arrives (in a
MediaStreamTrackProcessor, on a clone of the track) and counts its samples. A viewer of the same session receives the
sound as the server heard it, stamped with media time (`audio_clock`); bursts found on both sides give the one constant
between counted samples and media time, codec delay included. After that the viewer leaves, and every motion message is
a sample: its arrival, minus the instant at which the sound it shows was in the track (its block's arrival less the part
of the block that came after it).

- `message_ms`: arrival of the motion message. The look-ahead is in it: the face of an instant waits for sound after it.
- `stages_ms`: the same messages split by their own timing fields into ear and queue, model, and return; `network` is
  the rest: packetization, codec, both ways, the receive side of the server and the page.
- `rendered_ms`: the frame that first shows the instant is on its way to the screen, in the studio, measured in a second
  run of its own at 640×480 (software GL takes all cores, where there is no graphics card). The studio buffers one tick
  on purpose, to interpolate.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, ViewportSize
from rich.console import Console
from rich.table import Table

from benchmarks.browser import RAW_MICROPHONE, chromium, wait_until
from benchmarks.json_figures import write_figures
from benchmarks.latency_analysis import (
    Alignment,
    Microphone,
    align,
    first_shown,
    percentiles,
    since_captured,
    stages,
)
from benchmarks.machine import machine
from benchmarks.returned_sound import ReturnedSound
from benchmarks.server_process import ServerProcess
from benchmarks.speech_source import MICROPHONE_RATE, speech_and_bursts, write_microphone
from stream_engine.clock import MEDIA_RATE

PROBE = Path(__file__).with_name("latency_probe.js")
LOOK_AHEAD_MS = 60
GOALS_MS = {"p50": 100.0, "p95": 120.0}
_BURSTS = 10
_VIEWPORT: ViewportSize = {"width": 640, "height": 480}
_FEWEST_SAMPLES = 300


def measure_messages(browser: Browser, url: str, seconds: float) -> dict[str, Any]:
    """Latency of motion messages, with nothing drawn."""
    page = _open(browser, f"{url}/healthz")
    session = page.evaluate("c => latencyProbe.speak(c.microphone, c.lookAhead)", _speak_arguments())
    wait_until(page, "latencyProbe.motion.length > 50")
    alignment = _align(page, session)
    start = float(page.evaluate("performance.now()"))
    page.wait_for_timeout(seconds * 1000)
    seen = page.evaluate("({ ...latencyProbe, speaker: null, viewer: null, packets: null })")
    page.evaluate("latencyProbe.leave(latencyProbe.speaker)")
    page.context.close()

    motion = np.asarray(seen["motion"], np.float64)
    microphone = Microphone.of(seen["blocks"], seen["rate"])
    microphone.check_complete()
    kept = motion[motion[:, 0] >= start]
    latency = since_captured(kept[:, 1], kept[:, 0], microphone, alignment.offset)
    placed = np.isfinite(latency)
    if placed.sum() < max(_FEWEST_SAMPLES, 0.9 * len(kept)):
        raise RuntimeError(f"only {placed.sum()} of {len(kept)} messages could be placed in the microphone's time")
    kept, latency = kept[placed], latency[placed]
    timing = {"ear_queue": kept[:, 3], "model": kept[:, 4], "return": kept[:, 5]}
    sequence = np.unwrap(kept[:, 2], period=65536)
    return {
        "message_ms": percentiles(latency),
        "stages_ms": stages(latency, timing, LOOK_AHEAD_MS),
        "messages": len(latency),
        "messages_lost": int(sequence.max() - sequence.min() + 1 - len(sequence)),
        "messages_per_s": (len(kept) - 1) / ((kept[-1, 0] - kept[0, 0]) / 1000),
        "clock_uncertainty_ms": alignment.spread_ms,
    }


def measure_rendering(browser: Browser, url: str, seconds: float) -> dict[str, Any]:
    """Latency of drawn frames, in the studio."""
    page = _open(browser, f"{url}/?raw=1&seed=0&look_ahead_ms={LOOK_AHEAD_MS}")
    wait_until(page, "window.streamEngine?.faceReady")
    page.click("#talk")
    wait_until(page, "latencyProbe.motion.length > 50")
    alignment = _align(page, page.evaluate("streamEngine.state.session"))
    start = float(page.evaluate("performance.now()"))
    page.evaluate("latencyProbe.watchDrawing(() => streamEngine.shown?.mediaTime ?? null)")
    page.wait_for_timeout(seconds * 1000)
    seen = page.evaluate("({ ...latencyProbe, speaker: null, viewer: null, packets: null })")
    page.context.close()

    microphone = Microphone.of(seen["blocks"], seen["rate"])
    microphone.check_complete()
    motion = np.asarray(seen["motion"], np.float64)
    media_times = motion[motion[:, 0] >= start + 500, 1]
    shown = first_shown(media_times, seen["drawn"])
    latency = since_captured(media_times, shown, microphone, alignment.offset)
    drawn = np.asarray(seen["drawn"], np.float64)
    return {
        "rendered_ms": percentiles(latency[np.isfinite(latency)]),
        "drawn_per_s": (len(drawn) - 1) / ((drawn[-1, 0] - drawn[0, 0]) / 1000),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 0, also when goals are missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each of the two runs")
    parser.add_argument("--no-rendering", action="store_true", help="measure messages only")
    options = parser.parse_args(arguments)

    result: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        microphone = write_microphone(Path(folder) / "microphone.wav", speech_and_bursts(40), MICROPHONE_RATE)
        with ServerProcess(Path(folder) / "server.log") as server, chromium(microphone) as browser:
            result |= measure_messages(browser, server.url, options.seconds)
            if not options.no_rendering:
                result |= measure_rendering(browser, server.url, options.seconds)
            result["browser"] = browser.version
    reached = {name: result["message_ms"][name] <= goal for name, goal in GOALS_MS.items()}
    result |= {
        "look_ahead_ms": LOOK_AHEAD_MS,
        "goals": {"message_ms": GOALS_MS, "met": all(reached.values())},
        "machine": machine(),
    }
    if options.json:
        write_figures(options.json, result)
    show(result)
    return 0


def show(result: dict[str, Any]) -> None:
    """Prints the table of figures."""
    table = Table("ms", "p50", "p95", "p99")
    rows = {"message": result["message_ms"], **{f"  {name}": row for name, row in result["stages_ms"].items()}}
    if "rendered_ms" in result:
        rows["rendered"] = result["rendered_ms"]
    for name, row in rows.items():
        table.add_row(name, *(f"{row[q]:.1f}" for q in ("p50", "p95", "p99")))
    console = Console()
    console.print(table)
    console.print(
        f"{result['messages']} messages, {result['messages_per_s']:.1f} a second, {result['messages_lost']} lost; "
        f"{result['look_ahead_ms']} ms of it look-ahead; goals {'met' if result['goals']['met'] else 'missed'}"
    )


def _speak_arguments() -> dict[str, Any]:
    return {"microphone": RAW_MICROPHONE, "lookAhead": LOOK_AHEAD_MS}


def _open(browser: Browser, address: str) -> Page:
    page = browser.new_context(permissions=["microphone"], viewport=_VIEWPORT).new_page()
    page.add_init_script(path=PROBE)
    page.goto(address)
    return page


def _align(page: Page, session: str) -> Alignment:
    """Lets a viewer in until enough bursts were heard on both sides, then lets it go."""
    page.evaluate("session => latencyProbe.view(session)", session)
    wait_until(page, "latencyProbe.packets.length > 10")
    wanted = int(page.evaluate("latencyProbe.clicks.length")) + _BURSTS
    wait_until(page, f"latencyProbe.clicks.length >= {wanted}")
    seen = page.evaluate(
        "({ control: latencyProbe.control, packets: latencyProbe.packets, clicks: latencyProbe.clicks })"
    )
    rate = page.evaluate("latencyProbe.rate")
    page.evaluate("latencyProbe.leave(latencyProbe.viewer)")
    clock = next(message for message in seen["control"] if message["type"] == "audio_clock")
    sound = ReturnedSound.of([(int(time), str(data)) for time, data in seen["packets"]], clock["rtp_timestamp"])
    return align(np.asarray(seen["clicks"], np.float64) * MEDIA_RATE / rate, sound.bursts())


if __name__ == "__main__":
    sys.exit(main())

"""What the studio costs a machine without a graphics card: `python -m benchmarks.page --json FILE`.

A real headless Chromium draws the studio in software GL at 640×480 while its fake microphone speaks to the server as
shipped.

- `heads`: for the full and the light head, while someone speaks: time from picture to picture, time of the main thread
  per frame, time to draw one picture and have its pixels (`drawing_ms`), processor time by Chromium's processes (in
  cores), draw calls, triangles, vertices.
- `start`: a cold cache over loopback, several times: first and largest contentful paint, face ready and drawn.
- `memory`: a live session's page, garbage collected before each sample: JavaScript heap, DOM nodes, listeners, and what
  the graphics card holds. The page keeps a minute of history, so the first 70 s are left out.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize
from rich.console import Console
from rich.table import Table

from benchmarks.browser import chromium, wait_until
from benchmarks.json_figures import write_figures
from benchmarks.latency_analysis import percentiles
from benchmarks.machine import machine
from benchmarks.page_analysis import MemorySample, frame_figures, memory_figures
from benchmarks.server_process import ServerProcess
from benchmarks.speech_source import spoken, write_microphone
from models.ticks import SAMPLE_RATE
from stream_engine.clock import SystemClock

PROBE = Path(__file__).with_name("page_probe.js")
VIEWPORT: ViewportSize = {"width": 640, "height": 480}
HEADS = ("full", "light")
SETTLE_S = 5.0
"""Shaders are compiled and buffers filled before a measurement begins."""
WARM_UP_S = 70.0
_SAMPLES = 30
_LEAST_STEP_S = 5.0
_DRAWINGS = 40


@contextmanager
def talking(browser: Browser, url: str, query: str = "") -> Iterator[Page]:
    """A page whose microphone speaks to the server and whose face is drawn."""
    with open_page(browser, f"{url}/?raw=1&seed=0{query}") as page:
        wait_until(page, "window.streamEngine?.faceReady")
        page.click("#talk")
        wait_until(page, "streamEngine.motionStats.received > 50 && streamEngine.shown !== null")
        yield page


@contextmanager
def open_page(browser: Browser, address: str) -> Iterator[Page]:
    """A page with the probe in it and nothing in its cache."""
    context = browser.new_context(permissions=["microphone"], viewport=VIEWPORT)
    with closing(context):
        page = context.new_page()
        page.add_init_script(path=PROBE)
        page.goto(address)
        yield page


def measure_head(browser: Browser, url: str, head: str, seconds: float) -> dict[str, Any]:
    """What drawing one of the heads costs while it speaks."""
    clock = SystemClock()
    with talking(browser, url, f"&light={int(head == 'light')}") as page:
        page.wait_for_timeout(SETTLE_S * 1000)
        system = browser.new_browser_cdp_session()
        page.evaluate("pageProbe.start()")
        before, began = processor_seconds(system), clock.monotonic()
        page.wait_for_timeout(seconds * 1000)
        seen = page.evaluate("({ callbacks: pageProbe.callbacks, drawn: pageProbe.drawn })")
        after, took = processor_seconds(system), clock.monotonic() - began
        page.evaluate("pageProbe.recording = false")
        drawing = page.evaluate(f"Array.from({{ length: {_DRAWINGS} }}, () => streamEngine.timeDrawing())")
        cost = page.evaluate("streamEngine.drawing")
    return {
        **frame_figures(seen["callbacks"], seen["drawn"]),
        "drawing_ms": percentiles(drawing),
        "processor_cores": {name: (after[name] - before.get(name, 0.0)) / took for name in after},
        "draw_calls": cost["drawCalls"],
        "triangles": cost["triangles"],
        "vertices": cost["vertices"],
        "gpu_objects": {name: cost[name] for name in ("geometries", "textures", "programs")},
        "software": cost["software"],
        "pixel_ratio": cost["pixelRatio"],
    }


def measure_start(browser: Browser, url: str, times: int) -> dict[str, Any]:
    """How soon there is something to see on a cold cache; ms from the navigation's start."""
    rows: dict[str, list[float]] = {}
    for _ in range(times):
        with open_page(browser, f"{url}/") as page:
            wait_until(page, "pageProbe.faceDrawnMs !== null")
            wait_until(page, "performance.getEntriesByName('first-contentful-paint').length > 0")
            row = page.evaluate(
                """() => ({
                  first_contentful_paint_ms: performance.getEntriesByName('first-contentful-paint')[0].startTime,
                  largest_contentful_paint_ms: pageProbe.largestPaintMs,
                  face_ready_ms: pageProbe.faceReadyMs,
                  face_drawn_ms: pageProbe.faceDrawnMs,
                  kilobytes: ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
                    .reduce((sum, entry) => sum + entry.transferSize, 0) / 1000,
                })"""
            )
        for name, value in row.items():
            rows.setdefault(name, []).append(np.nan if value is None else float(value))
    return {name: {"p50": float(np.median(values)), "worst": float(np.max(values))} for name, values in rows.items()}


def measure_memory(browser: Browser, url: str, minutes: float, warm_up_s: float = WARM_UP_S) -> dict[str, Any]:
    """Growth of a live session's page over some minutes, with the head the page chooses by itself."""
    with talking(browser, url) as page:
        page.wait_for_timeout(warm_up_s * 1000)
        return memory_figures(memory_samples(page, minutes * 60))


def memory_samples(page: Page, seconds: float, step_s: float | None = None) -> list[MemorySample]:
    """What a page holds, again and again, after collecting garbage.

    Args:
        page: with `window.streamEngine`.
        seconds: from the first sample to about the last.
        step_s: from sample to sample; None for thirty of them, five seconds apart or more.
    """
    step = step_s or max(_LEAST_STEP_S, seconds / _SAMPLES)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    clock = SystemClock()
    began = clock.monotonic()
    samples = [_sample(page, devtools, 0.0)]
    while clock.monotonic() - began < seconds:
        page.wait_for_timeout(step * 1000)
        samples.append(_sample(page, devtools, clock.monotonic() - began))
    devtools.detach()
    return samples


def _sample(page: Page, devtools: CDPSession, at_s: float) -> MemorySample:
    # Objects with finalizers need a second collection.
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    metrics = {entry["name"]: entry["value"] for entry in devtools.send("Performance.getMetrics")["metrics"]}
    held = page.evaluate(
        "(({ geometries, textures, programs }) => geometries + textures + programs)(streamEngine.drawing)"
    )
    return MemorySample(
        at_s=at_s,
        heap_bytes=float(metrics["JSHeapUsedSize"]),
        nodes=int(metrics["Nodes"]),
        listeners=int(metrics["JSEventListeners"]),
        gpu_objects=int(held),
    )


def processor_seconds(system: CDPSession) -> dict[str, float]:
    """Processor time so far of Chromium's processes, by kind: browser, GPU, renderer and others."""
    found: dict[str, float] = {}
    for process in system.send("SystemInfo.getProcessInfo")["processInfo"]:
        kind = str(process["type"])
        name = kind.lower() if kind in {"browser", "GPU", "renderer"} else "others"
        found[name] = found.get(name, 0.0) + float(process["cpuTime"])
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each of the drawing measurements")
    parser.add_argument("--minutes", type=float, default=1.0, help="length of the memory measurement; 0 leaves it out")
    parser.add_argument("--starts", type=int, default=5, help="cold starts")
    options = parser.parse_args(arguments)
    result: dict[str, Any] = {"viewport": dict(VIEWPORT)}
    with TemporaryDirectory() as folder:
        sound = spoken(lead_ms=200, gap_ms=200)
        microphone = write_microphone(Path(folder) / "microphone.wav", sound.audio, SAMPLE_RATE)
        with ServerProcess(Path(folder) / "server.log") as server, chromium(microphone) as browser:
            result["browser"] = browser.version
            result["start"] = measure_start(browser, server.url, options.starts)
            result["heads"] = {head: measure_head(browser, server.url, head, options.seconds) for head in HEADS}
            if options.minutes > 0:
                result["memory"] = measure_memory(browser, server.url, options.minutes)
    result["machine"] = machine()
    if options.json:
        write_figures(options.json, result)
    show(result)
    return 0


def show(result: dict[str, Any]) -> None:
    """Prints the tables of figures."""
    console = Console()
    heads = Table("", *result["heads"])
    rows = result["heads"].values()
    for title, key in (("picture to picture, ms", "frame_ms"), ("main thread, ms", "main_thread_ms"),
                       ("drawing, ms", "drawing_ms")):  # fmt: skip
        heads.add_row(title, *(f"{row[key]['p50']:.1f} (p95 {row[key]['p95']:.1f})" for row in rows))
    heads.add_row("pictures a second", *(f"{row['frames_per_s']:.1f}" for row in rows))
    heads.add_row("pixels drawn for one of the page's", *(f"{row['pixel_ratio'] ** 2:.2f}" for row in rows))
    heads.add_row("processor cores", *(f"{sum(row['processor_cores'].values()):.2f}" for row in rows))
    for key in ("draw_calls", "triangles", "vertices"):
        heads.add_row(key.replace("_", " "), *(f"{row[key]:,}" for row in rows))
    console.print(heads)
    start = Table("cold start", "p50", "worst")
    for name, row in result["start"].items():
        start.add_row(
            name.removesuffix("_ms").replace("_", " ") + (", ms" if name.endswith("_ms") else ""),
            f"{row['p50']:.0f}",
            f"{row['worst']:.0f}",
        )
    console.print(start)
    if "memory" in result:
        memory = result["memory"]
        console.print(
            f"in {memory['minutes']:.1f} minutes: heap {memory['heap_growth_mb']:+.2f} "
            f"of {memory['heap_mb']['last']:.1f} MB, "
            f"{memory['node_growth']:+.0f} nodes, {memory['listener_growth']:+.0f} listeners, "
            f"{memory['gpu_object_growth']:+.0f} of {memory['gpu_objects']} GPU objects"
        )


if __name__ == "__main__":
    sys.exit(main())

"""What pages see and hear of a spoken take, on the server's time line."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

from benchmarks.browser import RAW_MICROPHONE
from benchmarks.latency_analysis import Microphone, align
from benchmarks.returned_sound import ReturnedSound
from benchmarks.server_process import ServerProcess
from models.face.lip_measures import Floats
from stream_engine.clock import MEDIA_RATE
from tests.e2e.conftest import Voice, new_context, open_tab

PER_MS = MEDIA_RATE / 1000


@dataclass(frozen=True)
class Drawn:
    """Frames a page has drawn, in order.

    Attributes:
        at_ms: performance.now() of drawing.
        media_time: of the pose on screen, 48 kHz units.
        mouth_px: distance of the inner lips on the screen, CSS pixels.
        pairing: `sound` where the pose belongs to what is heard, `arrival` where it is shown as it comes.
    """

    at_ms: Floats
    media_time: Floats
    mouth_px: Floats
    pairing: tuple[str, ...]

    @classmethod
    def of(cls, history: list[dict[str, Any]]) -> "Drawn":
        rows = [row for row in history if row["mouthPx"] is not None]
        at, media, mouth = (np.array([row[key] for row in rows]) for key in ("atMs", "mediaTime", "mouthPx"))
        return cls(at, media, mouth, tuple(str(row["pairing"]) for row in rows))


@dataclass(frozen=True)
class Take:
    """What the speaker's page saw of one spoken take; media times in 48 kHz units.

    Attributes:
        voice: what was spoken.
        file_start: media time of the voice file's first sample.
        drawn: frames drawn.
        arrivals: motion messages: `[N, 3]` arrival ms, media time, sequence.
        turns: turn events.
        microphone: when the sound was in the page.
        position_start: media time of the microphone track's first sample.
        complaints: errors on the page's console.
        picture: PNG of the face.
    """

    voice: Voice
    file_start: float
    drawn: Drawn
    arrivals: Floats
    turns: list[dict[str, Any]]
    microphone: Microphone
    position_start: float
    complaints: list[str]
    picture: bytes

    def file_ms(self, media_time: Floats) -> Floats:
        """Where in the voice file an instant lies, ms."""
        return np.asarray((media_time - self.file_start) / PER_MS)


@dataclass(frozen=True)
class Watched:
    """What a viewer's page saw and played of the bursts.

    Attributes:
        drawn: frames drawn.
        heard_ms: when each burst was played.
        burst_media_times: of the bursts, as the server heard them.
        complaints: errors on the page's console.
    """

    drawn: Drawn
    heard_ms: list[float]
    burst_media_times: list[int]
    complaints: list[str]


def record_take(browser: Browser, server: ServerProcess, voice: Voice) -> Take:
    """Speaks the whole file once into the studio."""
    context = new_context(browser)
    tab = open_tab(context, f"{server.url}/?raw=1&seed=0")
    tab.talk()
    tab.page.evaluate("latencyProbe.view(streamEngine.state.session)")  # it draws nothing, and tells the server's time
    tab.until(f"latencyProbe.clicks.length >= {len(voice.bursts_ms)}", 30)
    bursts = _bursts_at_server(tab.page)
    tab.page.evaluate("latencyProbe.leave(latencyProbe.viewer)")  # what it costs shall not disturb the rest
    tab.until("streamEngine.turns.some(turn => turn.type === 'speech_started')")
    picture = tab.page.locator("#face").screenshot()
    file_start = align(np.array(voice.bursts_ms) * PER_MS, bursts).offset
    end = file_start + voice.speech_ms[1] * PER_MS
    tab.until(f"(streamEngine.shown?.mediaTime ?? 0) >= {end}", 60)

    probe = tab.page.evaluate("({ blocks: latencyProbe.blocks, clicks: latencyProbe.clicks, rate: latencyProbe.rate })")
    arrivals = tab.page.evaluate("streamEngine.arrivals.map(a => [a.atMs, a.mediaTime, a.sequence])")
    clicks = np.array(probe["clicks"], float) * MEDIA_RATE / probe["rate"]
    take = Take(
        voice=voice,
        file_start=file_start,
        drawn=Drawn.of(tab.page.evaluate("streamEngine.history")),
        arrivals=np.array(arrivals, float),
        turns=tab.page.evaluate("streamEngine.turns"),
        microphone=Microphone.of(probe["blocks"], probe["rate"]),
        position_start=align(clicks, bursts).offset,
        complaints=list(tab.complaints),
        picture=picture,
    )
    context.close()
    return take


def watch_bursts(browser: Browser, server: ServerProcess, voice: Voice) -> Watched:
    """Lets a page that draws nothing speak, and the studio watch it."""
    context = new_context(browser)
    speaker = open_tab(context, f"{server.url}/healthz")
    session = speaker.page.evaluate("c => latencyProbe.speak(c, 60)", RAW_MICROPHONE)
    speaker.page.evaluate("session => latencyProbe.view(session)", session)
    viewer = open_tab(context, f"{server.url}/?watch={session}")  # opened last: Chromium draws what is in front
    viewer.until("window.streamEngine?.shown?.pairing === 'sound'")
    speaker.until(f"latencyProbe.clicks.length >= {len(voice.bursts_ms)}", 30)
    viewer.page.wait_for_timeout(600)  # the last burst is still on its way to the loudspeaker
    watched = Watched(
        drawn=Drawn.of(viewer.page.evaluate("streamEngine.history")),
        heard_ms=viewer.page.evaluate("latencyProbe.heard"),
        burst_media_times=_bursts_at_server(speaker.page),
        complaints=list(viewer.complaints),
    )
    speaker.page.evaluate("latencyProbe.leave(latencyProbe.speaker)")
    context.close()
    return watched


def _bursts_at_server(page: Page) -> list[int]:
    """Media times of the bursts, from the packets that the probe's viewer was sent."""
    seen = page.evaluate("({ control: latencyProbe.control, packets: latencyProbe.packets })")
    clock = next(message for message in seen["control"] if message["type"] == "audio_clock")
    packets = [(int(time), str(data)) for time, data in seen["packets"]]
    return ReturnedSound.of(packets, clock["rtp_timestamp"]).bursts()

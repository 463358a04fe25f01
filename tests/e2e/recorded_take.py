"""One spoken take, recorded at every place that matters: the speaker's page, a viewer's page, the server's time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.sync_api import Browser

from benchmarks.latency_analysis import Microphone, align
from benchmarks.lip_metrics import Floats
from benchmarks.returned_sound import ReturnedSound
from benchmarks.server_process import ServerProcess
from stream_engine.clock import MEDIA_RATE
from tests.e2e.conftest import Tab, Voice, new_context, open_tab

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
    """What was seen of one spoken take; media times in 48 kHz units.

    Attributes:
        voice: what was spoken.
        file_start: media time of the voice file's first sample.
        speaker: drawn on the speaker's page.
        viewer: drawn on the viewer's page.
        arrivals: motion messages on the speaker's page: `[N, 3]` arrival ms, media time, sequence.
        turns: turn events on the speaker's page.
        microphone: when the sound was in the speaker's page.
        position_start: media time of the microphone track's first sample.
        burst_media_times: of the bursts as the server heard them.
        heard_ms: when each burst was played in the viewer's page.
        complaints: errors on either page's console.
        picture: PNG of the speaker's page.
    """

    voice: Voice
    file_start: float
    speaker: Drawn
    viewer: Drawn
    arrivals: Floats
    turns: list[dict[str, Any]]
    microphone: Microphone
    position_start: float
    burst_media_times: list[int]
    heard_ms: list[float]
    complaints: list[str]
    picture: bytes

    def file_ms(self, media_time: Floats) -> Floats:
        """Where in the voice file an instant lies, ms."""
        return np.asarray((media_time - self.file_start) / PER_MS)


def record_take(browser: Browser, server: ServerProcess, voice: Voice) -> Take:
    """Speaks the whole file once, with a viewer watching."""
    context = new_context(browser)
    speaker = open_tab(context, f"{server.url}/?raw=1")
    speaker.talk()
    session = speaker.page.evaluate("streamEngine.state.session")
    viewer = open_tab(context, f"{server.url}/?watch={session}")
    viewer.until("streamEngine.motionStats.received > 10")
    if viewer.page.evaluate("streamEngine.state.soundBlocked"):
        viewer.page.click("#sound-on")
    # The pages have a viewer of their own; this one keeps packets, to learn the server's time of the bursts.
    speaker.page.evaluate("session => latencyProbe.view(session)", session)
    # Motion goes to the probe's viewer as well from here on; the studio's own record of arrivals is kept apart.
    picture = _picture_while_speaking(speaker)
    speaker.until(f"latencyProbe.clicks.length >= {len(voice.bursts_ms)}", voice.duration_ms / 1000 + 30)
    viewer.until(f"latencyProbe.heard.length >= {len(voice.bursts_ms)}", 5)

    probe = speaker.page.evaluate("({ ...latencyProbe, speaker: null, viewer: null })")
    clock = next(message for message in probe["control"] if message["type"] == "audio_clock")
    sound = ReturnedSound.of([(int(time), str(data)) for time, data in probe["packets"]], clock["rtp_timestamp"])
    bursts = sound.bursts()
    clicks = np.array(probe["clicks"], float) * MEDIA_RATE / probe["rate"]
    arrivals = speaker.page.evaluate("streamEngine.arrivals.map(a => [a.atMs, a.mediaTime, a.sequence])")
    take = Take(
        voice=voice,
        file_start=align(np.array(voice.bursts_ms) * PER_MS, bursts).offset,
        speaker=Drawn.of(speaker.page.evaluate("streamEngine.history")),
        viewer=Drawn.of(viewer.page.evaluate("streamEngine.history")),
        arrivals=np.array(arrivals, float),
        turns=speaker.page.evaluate("streamEngine.turns"),
        microphone=Microphone.of(probe["blocks"], probe["rate"]),
        position_start=align(clicks, bursts).offset,
        burst_media_times=bursts,
        heard_ms=viewer.page.evaluate("latencyProbe.heard"),
        complaints=speaker.complaints + viewer.complaints,
        picture=picture,
    )
    context.close()
    return take


def _picture_while_speaking(speaker: Tab) -> bytes:
    speaker.until("streamEngine.shown !== null")
    return speaker.page.locator("#face").screenshot()

"""Many WebRTC speakers in one process, for `benchmarks.capacity`: `python -m benchmarks.webrtc_voices --help`.

Each opens a session by WHIP like a browser, sends Opus in real time and receives motion. The speech is encoded once and
its packets are shared: a client must cost as little as it can, for it runs on the machine that is measured.

Lateness of a motion message: its arrival minus the sending of the packet that completed the tick it waited for, less
the shortest such trip of the session without its processing times. So everything counts that comes on top of an idle
trip: queues, steps, and waiting in either process.
"""

import argparse
import asyncio
import json
import sys
import urllib.request
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
import soxr
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from av.audio.codeccontext import AudioCodecContext
from av.stream import Stream
from numpy.typing import NDArray

from benchmarks.speech_source import spoken
from stream_engine.clock import MEDIA_RATE, MODEL_RATE, TICK_MEDIA, TICK_S, Clock, SystemClock
from stream_engine.transport.motion_codec import decode_motion

LOOK_AHEAD_TICKS: Final = 3
WARM_UP_S: Final = 4.0
_OPENING_S: Final = 60.0


class VoiceError(RuntimeError):
    """A session that did not come about, or ended early."""


def encode_speech() -> list[bytes]:
    """Speech as Opus packets of 20 ms."""
    sound = soxr.resample(spoken(lead_ms=0, gap_ms=600).audio, MODEL_RATE, MEDIA_RATE)
    codec = av.CodecContext.create("libopus", "w")
    if not isinstance(codec, AudioCodecContext):
        raise VoiceError("this build of PyAV has no Opus encoder")
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = MEDIA_RATE, "mono", "s16", 32_000
    codec.options = {"application": "voip", "frame_duration": "20"}
    packets = []
    for n in range(len(sound) // TICK_MEDIA):
        pcm = (np.clip(sound[n * TICK_MEDIA :][:TICK_MEDIA], -1, 1) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = MEDIA_RATE, n * TICK_MEDIA
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets


class EncodedTrack(MediaStreamTrack):
    """Sends shared packets in real time, and remembers when.

    Attributes:
        sent_at: `clock.monotonic()` of each packet.
    """

    kind = "audio"

    def __init__(self, packets: Sequence[bytes], offset: int, clock: Clock) -> None:
        super().__init__()
        self.sent_at: list[float] = []
        self._packets = packets
        self._offset = offset
        self._clock = clock
        self._start = 0.0

    async def recv(self) -> "av.Packet[Stream]":
        """The next packet, when it is due."""
        n = len(self.sent_at)
        if n == 0:
            self._start = self._clock.monotonic()
        await asyncio.sleep(max(0.0, self._start + n * TICK_S - self._clock.monotonic()))
        packet = av.Packet(self._packets[(self._offset + n) % len(self._packets)])
        packet.pts, packet.time_base = n * TICK_MEDIA, Fraction(1, MEDIA_RATE)
        self.sent_at.append(self._clock.monotonic())
        return packet


class Speaker:
    """One session.

    Attributes:
        arrivals: of each motion message: arrival, instant in ticks, processing time in ms as the server tells it.
    """

    def __init__(self, url: str, track: EncodedTrack, clock: Clock) -> None:
        self.arrivals: list[tuple[float, int, float]] = []
        self.errors: list[str] = []
        self._url = url
        self._track = track
        self._clock = clock
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.addTrack(track)
        motion = self._connection.createDataChannel("motion", ordered=False, maxRetransmits=0)
        control = self._connection.createDataChannel("control")
        motion.on("message", self._on_motion)
        control.on("message", self._on_control)

    async def open(self) -> None:
        """Opens the session.

        Raises:
            VoiceError: the server refused it.
        """
        await self._connection.setLocalDescription(await self._connection.createOffer())
        request = urllib.request.Request(
            f"{self._url}/whip?look_ahead_ms={LOOK_AHEAD_TICKS * 20}&seed=0",
            data=self._connection.localDescription.sdp.encode(),
            headers={"Content-Type": "application/sdp"},
        )
        try:
            answer = await asyncio.to_thread(_read, request)
        except OSError as error:
            raise VoiceError(f"the server refused a session: {error}") from error
        await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        """Closes the connection; the server sees it go."""
        await self._connection.close()

    def lateness_ms(self, since: float, until: float) -> NDArray[np.float64]:
        """Of every message that should have come for packets sent in a span; infinite for those that did not come.

        Raises:
            VoiceError: the session failed.
        """
        if self.errors:
            raise VoiceError(f"a session failed: {self.errors[0]}")
        if not self.arrivals:
            raise VoiceError("a session gave no motion")
        sent = np.array(self._track.sent_at)
        came = np.full(len(sent), np.inf)
        processed = np.zeros(len(sent))
        skipped = self._packets_before_media_time_0(sent)
        for at, instant, milliseconds in self.arrivals:
            tick = instant + LOOK_AHEAD_TICKS - 1 + skipped  # the packet that completed what the frame waited for
            if 0 <= tick < len(sent):
                came[tick], processed[tick] = at, milliseconds
        trip = (came - sent) * 1e3
        idle = np.min(trip - processed)
        wanted = (sent >= since) & (sent < until)
        lateness: NDArray[np.float64] = (trip - idle)[wanted]
        return lateness

    def _packets_before_media_time_0(self, sent: NDArray[np.float64]) -> int:
        """Packets sent before the server listened: as many as possible without a frame coming before its sound."""
        at, instant, processed = (np.array(column) for column in zip(*self.arrivals, strict=True))
        skipped = 0
        while True:
            tick = instant.astype(np.int64) + LOOK_AHEAD_TICKS - 1 + skipped + 1
            there = tick < len(sent)
            if not there.any() or np.min(at[there] - sent[tick[there]] - processed[there] / 1e3) < 0:
                return skipped
            skipped += 1

    def _on_motion(self, data: bytes) -> None:
        at = self._clock.monotonic()
        message = decode_motion(data)
        processed = message.ear_queue_ms + message.model_ms + message.return_ms
        self.arrivals.append((at, message.media_time // TICK_MEDIA, processed))

    def _on_control(self, data: str) -> None:
        event = json.loads(data)
        if event["type"] in ("error", "bye"):
            self.errors.append(data)


async def speak(url: str, count: int, seconds: float, clock: Clock) -> NDArray[np.float64]:
    """Holds so many sessions for so long; returns the lateness of all their frames in ms `[N]`."""
    packets = encode_speech()
    speakers = [Speaker(url, EncodedTrack(packets, i * len(packets) // count, clock), clock) for i in range(count)]
    try:
        async with asyncio.timeout(_OPENING_S):
            for i, speaker in enumerate(speakers):
                await speaker.open()
                await asyncio.sleep((i * 7 % 20) / 1000)  # so that sessions do not tick in step
        since = clock.monotonic() + WARM_UP_S
        await asyncio.sleep(WARM_UP_S + seconds)
        until = clock.monotonic()
        await asyncio.sleep(1.0)  # what has not come by then never will
        return np.concatenate([speaker.lateness_ms(since, until) for speaker in speakers])
    finally:
        await asyncio.gather(*(speaker.close() for speaker in speakers))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the speakers; writes lateness to a file. Returns 1, and says why, if a session failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webrtc_voices")
    parser.add_argument("--url", required=True, help="of the server, http://127.0.0.1:8788")
    parser.add_argument("--count", type=int, required=True, help="sessions")
    parser.add_argument("--seconds", type=float, required=True, help="measured, after a warm-up")
    parser.add_argument("--out", type=Path, required=True, help="NumPy file for the lateness of all frames, ms")
    options = parser.parse_args(arguments)
    try:
        lateness = asyncio.run(speak(options.url, options.count, options.seconds, SystemClock()))
    except (VoiceError, TimeoutError) as error:
        sys.stderr.write(f"{error or 'the sessions did not open in time'}\n")
        return 1
    np.save(options.out, lateness)
    return 0


def _read(request: urllib.request.Request) -> str:
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(answer.read().decode())


if __name__ == "__main__":
    sys.exit(main())

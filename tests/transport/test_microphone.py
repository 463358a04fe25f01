"""The microphone fed by hand (a clock that only moves when told) and by a real WebRTC connection."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from stream_engine.clock import MEDIA_RATE, ManualClock
from stream_engine.frames import AudioChunk
from stream_engine.transport.jitter_buffer import Sound
from stream_engine.transport.microphone import (
    LOOP_STALL_GRACE_S,
    IncompatibleAiortcError,
    Microphone,
    OpusDecodeError,
    OpusDecoder,
)
from stream_engine.transport.voice_track import VoiceTrack
from tests.transport.peers import ChunkLog, connect, noise

BUFFER = "_RTCRtpReceiver__jitter_buffer"


class Ended:
    """A remote track that ends when told."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def recv(self) -> None:
        await self.event.wait()
        raise MediaStreamError


class Receiver:
    """As much of aiortc's receiver as the microphone touches."""

    def __init__(self) -> None:
        self.track = Ended()
        setattr(self, BUFFER, None)

    def arrive(self, packet: RtpPacket) -> None:
        assert getattr(self, BUFFER).add(packet) == (False, None)


def encode(sound: NDArray[np.int16], *, ms: int = 20, layout: str = "mono") -> list[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate = MEDIA_RATE
    encoder.layout = layout
    encoder.format = "s16"
    encoder.bit_rate = 64_000
    encoder.time_base = Fraction(1, MEDIA_RATE)
    encoder.options = {"frame_duration": str(ms)}
    size = ms * 48
    packets = []
    for at in range(0, len(sound) - size + 1, size):
        pcm = np.repeat(sound[at : at + size], 2 if layout == "stereo" else 1)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout=layout)
        frame.sample_rate, frame.pts = MEDIA_RATE, at
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def rtp(index: int, payload: bytes, ms: int = 20) -> RtpPacket:
    return RtpPacket(
        payload_type=111, sequence_number=1000 + index, timestamp=5000 + index * ms * 48, ssrc=1, payload=payload
    )


def check_contiguous(chunks: list[AudioChunk]) -> None:
    assert chunks[0].media_time == 0
    for chunk, after in pairwise(chunks):
        assert after.media_time == chunk.media_time + len(chunk.pcm)


class Bench:
    """A microphone at a receiver fed by hand."""

    def __init__(self) -> None:
        self.clock = ManualClock(100.0)
        self.receiver = Receiver()
        self.log = ChunkLog()
        self.ended = asyncio.Event()
        self.microphone = Microphone(self.receiver, self.log, self.clock, self.ended.set)  # type: ignore[arg-type]
        self.microphone.start()


def on_a_loop(test: Coroutine[Any, Any, None]) -> None:
    """Runs it and requires that nothing of it goes on afterwards."""

    async def run() -> None:
        await test
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


@pytest.mark.parametrize("ms", [10, 20, 60])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_packets_become_chunks_at_once(ms: int, layout: str) -> None:
    sound = noise(MEDIA_RATE)

    async def run() -> None:
        bench = Bench()
        for k, payload in enumerate(encode(sound, ms=ms, layout=layout)):
            bench.receiver.arrive(rtp(k, payload, ms))
            assert len(bench.log.chunks) == k + 1
            chunk = bench.log.chunks[-1]
            assert chunk.pcm.dtype == np.int16
            assert (chunk.sample_rate, chunk.media_time, len(chunk.pcm)) == (MEDIA_RATE, k * ms * 48, ms * 48)
            assert (chunk.concealed, chunk.received_at) == (False, bench.clock.now)
            bench.clock.advance(ms / 1000)
        bench.microphone.close()
        heard = np.concatenate([chunk.pcm for chunk in bench.log.chunks]).astype(float)
        middle = sound[10_000:40_000].astype(float)
        fits = [float(np.dot(middle, heard[10_000 + shift : 40_000 + shift])) for shift in range(600)]
        delay = int(np.argmax(fits))
        assert abs(delay - 312) <= 8, "the codec's own look-ahead and nothing else"
        loudness = np.sqrt(np.mean(heard[10_000 + delay : 40_000 + delay] ** 2) / np.mean(middle**2))
        assert 0.85 < loudness < 1.1

    on_a_loop(run())


def test_a_lost_packet_is_concealed_by_the_timer() -> None:
    async def run() -> None:
        bench = Bench()
        payloads = encode(noise(9600))
        bench.receiver.arrive(rtp(0, payloads[0]))
        bench.clock.advance(0.04)
        bench.receiver.arrive(rtp(2, payloads[2]))
        assert len(bench.log.chunks) == 1
        bench.clock.advance(0.011)
        await bench.log.reach(3)
        assert [chunk.concealed for chunk in bench.log.chunks] == [False, True, False]
        assert [chunk.received_at for chunk in bench.log.chunks] == [100.0, bench.clock.now, 100.04]
        assert bench.log.chunks[1].pcm.any()
        check_contiguous(bench.log.chunks)
        stats = bench.microphone.stats
        assert (stats.packets_received, stats.packets_lost, stats.packets_concealed) == (2, 1, 1)
        assert stats.reorder_wait_ms >= 5
        bench.microphone.close()

    on_a_loop(run())


def test_a_held_up_event_loop_reads_what_waits_before_it_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The timer fires long after its time because the loop was blocked: the missing packet is in the socket."""

    async def run(arrives: bool) -> list[bool]:
        loop = asyncio.get_running_loop()
        timers: list[asyncio.TimerHandle] = []

        def call_later(delay: float, callback: Callable[..., None], *args: object) -> asyncio.TimerHandle:
            timers.append(asyncio.TimerHandle(delay, callback, args, loop))
            return timers[-1]

        with monkeypatch.context() as patch:
            patch.setattr(loop, "call_later", call_later)
            bench = Bench()
            payloads = encode(noise(9600))
            bench.receiver.arrive(rtp(0, payloads[0]))
            bench.receiver.arrive(rtp(2, payloads[2]))
            bench.clock.advance(0.3)  # blocked: the deadline (10 ms) passes unseen
            timers[-1]._run()
            assert len(bench.log.chunks) == 1
            assert timers[-1].when() == pytest.approx(LOOP_STALL_GRACE_S)
            if arrives:
                bench.receiver.arrive(rtp(1, payloads[1]))
            timers[-1]._run()
            bench.microphone.close()
        return [chunk.concealed for chunk in bench.log.chunks[:3]]

    assert asyncio.run(run(arrives=True)) == [False, False, False]
    assert asyncio.run(run(arrives=False)) == [False, True, False]


def test_damaged_packets_are_concealed_and_harm_nothing() -> None:
    async def run() -> None:
        bench = Bench()
        rng = random.Random(1)
        payloads = encode(noise(96_000))
        for k, payload in enumerate(payloads):
            if k % 5 == 4:  # the length stays readable, the rest is wrong: no frame sizes, or a frame too long
                payload = bytes([payload[0] & 0xFC | 2, 255, 255]) + rng.randbytes(3)
            bench.receiver.arrive(rtp(k, payload))
            bench.clock.advance(0.02)
            await asyncio.sleep(0)
        bench.microphone.close()
        check_contiguous(bench.log.chunks)
        assert bench.microphone.stats.packets_lost >= len(payloads) // 5
        assert bench.microphone.stats.packets_concealed >= len(payloads) // 5
        assert sum(not chunk.concealed for chunk in bench.log.chunks) >= len(payloads) // 2

    on_a_loop(run())


def test_random_bytes_never_raise() -> None:
    async def run() -> None:
        bench = Bench()
        rng = random.Random(2)
        for k in range(500):
            bench.receiver.arrive(rtp(k, rng.randbytes(rng.randrange(0, 200))))
            bench.clock.advance(0.02)
        bench.microphone.close()
        assert bench.microphone.stats.packets_received == 500
        for chunk, after in pairwise(bench.log.chunks):
            assert after.media_time >= chunk.media_time + len(chunk.pcm)

    on_a_loop(run())


def test_close_is_final() -> None:
    async def run() -> None:
        bench = Bench()
        payloads = encode(noise(9600))
        bench.receiver.arrive(rtp(0, payloads[0]))
        bench.microphone.close()
        bench.microphone.close()
        bench.receiver.arrive(rtp(1, payloads[1]))
        bench.receiver.track.event.set()
        bench.clock.advance(1.0)
        await asyncio.sleep(0)
        assert len(bench.log.chunks) == 1
        assert not bench.ended.is_set()
        with pytest.raises(RuntimeError, match="starts once"):
            bench.microphone.start()

    on_a_loop(run())


def test_closing_from_within_on_audio_stops_at_once() -> None:
    async def run() -> None:
        bench = Bench()
        payloads = encode(noise(9600))
        heard: list[AudioChunk] = []

        def close_at_the_second(chunk: AudioChunk) -> None:
            heard.append(chunk)
            if len(heard) == 2:
                microphone.close()

        bench.microphone.close()
        microphone = Microphone(bench.receiver, close_at_the_second, bench.clock)  # type: ignore[arg-type]
        microphone.start()
        for k in (0, 2, 3, 1):
            bench.receiver.arrive(rtp(k, payloads[k]))
        assert [chunk.media_time for chunk in heard] == [0, 960]

    on_a_loop(run())


def test_the_end_of_the_track_flushes_and_tells() -> None:
    async def run() -> None:
        bench = Bench()
        payloads = encode(noise(9600))
        bench.receiver.arrive(rtp(0, payloads[0]))
        bench.receiver.arrive(rtp(2, payloads[2]))
        bench.receiver.track.event.set()
        await bench.ended.wait()
        assert [chunk.concealed for chunk in bench.log.chunks] == [False, True, False]

    on_a_loop(run())


def test_another_aiortc_is_told_apart() -> None:
    with pytest.raises(IncompatibleAiortcError, match="install aiortc"):
        Microphone(object(), ChunkLog(), ManualClock())  # type: ignore[arg-type]


def test_the_decoder_refuses_and_goes_on() -> None:
    decoder = OpusDecoder()
    good = encode(noise(9600))
    with pytest.raises(OpusDecodeError):
        decoder.decode(Sound(0, 960, 0, b"\xff\xff\xff\xff", 0.0))
    assert len(decoder.decode(Sound(0, 960, 0, good[0], 0.0))) == 960
    assert len(decoder.decode(Sound(960, 460, 500, good[1], 0.0))) == 460


@pytest.mark.usefixtures("loopback_candidates")
def test_over_a_real_connection() -> None:
    """Sound through aiortc, SRTP and loopback: in place, in order, reported to the sender, and its end is heard of."""
    sound = noise(48_000)

    async def run() -> None:
        ours, theirs = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
        log, ended = ChunkLog(), asyncio.Event()
        microphones: list[Microphone] = []
        receivers: list[RTCRtpReceiver] = []

        @ours.on("track")
        def on_track(_: MediaStreamTrack) -> None:
            receivers.append(ours.getReceivers()[0])
            microphones.append(Microphone(receivers[0], log, ManualClock(), ended.set))
            microphones[0].start()

        track = VoiceTrack()
        theirs.addTrack(track)
        try:
            await connect(theirs, ours)
            for k in range(50):
                track.push(AudioChunk(sound[k * 960 : (k + 1) * 960], MEDIA_RATE, k * 960))
                await log.reach(k + 1)
            check_contiguous(log.chunks)
            assert not any(chunk.concealed for chunk in log.chunks)
            heard = np.concatenate([chunk.pcm for chunk in log.chunks]).astype(float)
            middle = sound[10_000:40_000].astype(float)
            fits = [float(np.dot(middle, heard[10_000 + shift : 40_000 + shift])) for shift in range(600)]
            assert int(np.argmax(fits)) == 312
            counted = [
                report.packetsReceived
                for report in (await receivers[0].getStats()).values()
                if report.type == "inbound-rtp"
            ]
            assert counted == [50], "aiortc's own reception reports go on"
            assert microphones[0].stats.packets_received == 50
            await theirs.close()  # sends RTCP BYE
            await ended.wait()
        finally:
            await theirs.close()
            await ours.close()
            for microphone in microphones:
                microphone.close()

    asyncio.run(run())

import asyncio
import random
from itertools import pairwise

import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender
from aiortc.mediastreams import MediaStreamError
from numpy.typing import NDArray

from stream_engine.clock import MEDIA_RATE, ManualClock
from stream_engine.frames import AudioChunk
from stream_engine.transport.jitter_buffer import Sound, opus_duration
from stream_engine.transport.microphone import IncompatibleAiortcError, Microphone, OpusDecoder
from stream_engine.transport.voice_track import (
    LOOK_AHEAD_SAMPLES,
    PACKET_SAMPLES,
    QUEUE_PACKETS,
    UnsupportedSoundError,
    VoiceTrack,
)
from tests.transport.peers import ChunkLog, connect, noise

START = 48_000 * 7 + 123


def chunk(media_time: int, pcm: NDArray[np.int16]) -> AudioChunk:
    return AudioChunk(pcm, MEDIA_RATE, media_time)


async def take_all(track: VoiceTrack) -> list[tuple[int, bytes]]:
    """All packets that are ready: (pts, payload)."""
    packets: list[tuple[int, bytes]] = []
    while True:
        waiting = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0)
        if not waiting.done():
            waiting.cancel()
            return packets
        packet = waiting.result()
        assert packet.pts is not None
        packets.append((packet.pts, bytes(packet)))


def test_a_packet_is_ready_with_the_sample_that_completes_it() -> None:
    async def run() -> None:
        track = VoiceTrack()
        track.push(chunk(START, noise(959)))
        assert await take_all(track) == []
        track.push(chunk(START + 959, noise(1)))
        ((pts, payload),) = await take_all(track)
        assert pts == START - LOOK_AHEAD_SAMPLES
        assert opus_duration(payload) == PACKET_SAMPLES

    asyncio.run(run())


@pytest.mark.parametrize("size", [480, 960, 333, 5000])
def test_pts_is_the_media_time_of_what_a_packet_decodes_to(size: int) -> None:
    """A sound put in at media time m comes out of a decoder at pts m: the codec's delay is accounted for."""
    sound = noise(48_000)
    pieces = random.Random(4)

    async def run() -> list[tuple[int, bytes]]:
        track = VoiceTrack()
        packets: list[tuple[int, bytes]] = []
        at = 0
        while at < len(sound):
            n = pieces.randint(1, size)
            track.push(chunk(START + at, sound[at : at + n]))
            packets += await take_all(track)
            at += n
        assert track.dropped == track.overlapping == 0
        return packets

    packets = asyncio.run(run())
    assert all(later[0] - earlier[0] == PACKET_SAMPLES for earlier, later in pairwise(packets))
    decoder = OpusDecoder()
    decoded = np.concatenate([decoder.decode(Sound(0, PACKET_SAMPLES, 0, payload, 0.0)) for _, payload in packets])
    shifts = range(-40, 41)
    first = packets[0][0] - START
    assert first == -LOOK_AHEAD_SAMPLES
    middle = slice(10_000, 40_000)
    fits = [
        float(np.dot(sound[middle].astype(float), decoded[10_000 - first + s : 40_000 - first + s])) for s in shifts
    ]
    assert shifts[int(np.argmax(fits))] == 0


def test_a_gap_becomes_a_jump_after_a_silent_packet() -> None:
    async def run() -> None:
        track = VoiceTrack()
        track.push(chunk(0, noise(960 + 480)))
        track.push(chunk(48_000, noise(960)))
        pts = [pts + LOOK_AHEAD_SAMPLES for pts, _ in await take_all(track)]
        assert pts == [0, 960, 1920, 48_000]

    asyncio.run(run())


def test_a_short_gap_is_filled() -> None:
    async def run() -> None:
        track = VoiceTrack()
        track.push(chunk(0, noise(480)))
        track.push(chunk(720, noise(1200)))
        pts = [pts + LOOK_AHEAD_SAMPLES for pts, _ in await take_all(track)]
        assert pts == [0, 960]

    asyncio.run(run())


def test_sound_given_twice_is_left_out() -> None:
    async def run() -> None:
        track = VoiceTrack()
        track.push(chunk(0, noise(960)))
        track.push(chunk(480, noise(960)))
        track.push(chunk(100, noise(200)))
        track.push(chunk(1440, noise(480)))
        assert [pts + LOOK_AHEAD_SAMPLES for pts, _ in await take_all(track)] == [0, 960]
        assert track.overlapping == 480 + 200

    asyncio.run(run())


def test_the_oldest_is_dropped_and_counted_when_nobody_takes() -> None:
    async def run() -> None:
        track = VoiceTrack()
        for k in range(QUEUE_PACKETS + 5):
            track.push(chunk(k * 960, noise(960)))
        assert track.dropped == 5
        pts = [pts + LOOK_AHEAD_SAMPLES for pts, _ in await take_all(track)]
        assert pts == [k * 960 for k in range(5, QUEUE_PACKETS + 5)]

    asyncio.run(run())


def test_float_sound_and_int16_sound_are_the_same() -> None:
    sound = noise(960)

    async def run(pcm: NDArray[np.int16] | NDArray[np.float32]) -> list[tuple[int, bytes]]:
        track = VoiceTrack()
        track.push(AudioChunk(pcm, MEDIA_RATE, 0))
        return await take_all(track)

    assert asyncio.run(run(sound)) == asyncio.run(run(sound.astype(np.float32) / np.float32(32767)))


def test_another_rate_is_refused() -> None:
    async def run() -> None:
        with pytest.raises(UnsupportedSoundError, match="48000 Hz, not 16000"):
            VoiceTrack().push(AudioChunk(noise(320), 16_000, 0))

    asyncio.run(run())


def test_stop_wakes_the_sender_and_ends_everything() -> None:
    async def run() -> None:
        track = VoiceTrack()
        waiting = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0)
        track.stop()
        with pytest.raises(MediaStreamError):
            await waiting
        track.push(chunk(0, noise(9600)))
        with pytest.raises(MediaStreamError):
            await track.recv()

    asyncio.run(run())


@pytest.mark.usefixtures("loopback_candidates")
def test_rtp_timestamps_are_media_time_plus_what_the_track_says() -> None:
    """Over a real connection: every packet's RTP timestamp, decoded sound included, tells its media time."""

    async def run() -> None:
        ours, theirs = RTCPeerConnection(RTCConfiguration(iceServers=[])), RTCPeerConnection(RTCConfiguration([]))
        track = VoiceTrack()
        sender = ours.addTrack(track)
        assert isinstance(sender, RTCRtpSender)
        log = ChunkLog()
        stamps: list[int] = []
        microphones: list[Microphone] = []

        def on_track(_: MediaStreamTrack) -> None:
            receiver = theirs.getReceivers()[0]
            microphone = Microphone(receiver, log, ManualClock())
            microphone.start()
            microphones.append(microphone)
            handle = receiver._handle_rtp_packet

            async def spy(packet, arrival_time_ms):  # type: ignore[no-untyped-def]
                stamps.append(packet.timestamp)
                await handle(packet, arrival_time_ms)

            receiver._handle_rtp_packet = spy  # type: ignore[method-assign]

        theirs.on("track", on_track)
        try:
            assert track.rtp_timestamp_at_media_zero(sender) is None
            await connect(ours, theirs)
            for k in range(3):
                track.push(chunk(START + k * 960, noise(960)))
                await log.reach(k + 1)
            zero = track.rtp_timestamp_at_media_zero(sender)
            assert zero is not None
            track.push(chunk(START + 100 * 960, noise(960)))
            await log.reach(5)
            media = [(stamp - zero + LOOK_AHEAD_SAMPLES) & 0xFFFFFFFF for stamp in stamps]
            assert media == [START, START + 960, START + 1920, START + 2880, START + 96_000]
            assert track.rtp_timestamp_at_media_zero(sender) == zero
        finally:
            for microphone in microphones:
                microphone.close()
            await ours.close()
            await theirs.close()

    asyncio.run(run())


def test_another_aiortc_is_told_apart() -> None:
    async def run() -> None:
        with pytest.raises(IncompatibleAiortcError, match="install aiortc"):
            VoiceTrack().rtp_timestamp_at_media_zero(object())  # type: ignore[arg-type]

    asyncio.run(run())

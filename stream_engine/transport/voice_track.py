"""The session's sound on its way to a viewer: an Opus track whose RTP timestamps are media time.

The track encodes by itself and hands aiortc finished packets: aiortc then adds nothing but its random origin to their
timestamps, whereas with raw frames it counts from whatever came first, resamples to stereo, and computes a level in
pure Python. A packet leaves as soon as its sound is complete; there is no clock here.
"""

import asyncio
from collections import deque
from fractions import Fraction
from typing import Final, TypeAlias

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCRtpSender
from aiortc.mediastreams import MediaStreamError
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from stream_engine.clock import MEDIA_RATE
from stream_engine.frames import AudioChunk, Pcm
from stream_engine.transport.microphone import IncompatibleAiortcError

OpusPacket: TypeAlias = "av.Packet[AudioStream]"  # generic for type checkers only

PACKET_SAMPLES: Final = MEDIA_RATE * 20 // 1000
"""Sound in a packet (20 ms)."""
QUEUE_PACKETS: Final = 15
"""Packets' worth of sound that may wait for the sender (300 ms); then the oldest is dropped."""

LOOK_AHEAD_SAMPLES: Final = 312
"""What the Opus encoder delays sound by (6.5 ms; RFC 7845 §4.2): a packet decodes to sound that much older."""

_TIME_BASE: Final = Fraction(1, MEDIA_RATE)
_PACKET_COUNT = "_RTCRtpSender__packet_count"
_RTP_TIMESTAMP = "_RTCRtpSender__rtp_timestamp"


class UnsupportedSoundError(ValueError):
    """Sound of a kind the track does not take."""


class VoiceTrack(MediaStreamTrack):
    """Sound of one session for one viewer; give each viewer its own.

    The sender it is added to must have negotiated Opus and nothing else.

    Attributes:
        dropped: packets' worth of sound dropped because the sender took none, oldest first.
        overlapping: samples left out because sound of their media time had been given before.
    """

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.dropped = 0
        self.overlapping = 0
        self._encoder = _open_encoder()
        self._encoded_samples = 0
        self._queue: deque[tuple[int, NDArray[np.int16]]] = deque()  # (media time, one packet's samples)
        self._partial = np.zeros(0, np.int16)
        self._partial_start: int | None = None  # media time of its first sample
        self._filled = asyncio.Event()
        self._returned = 0
        self._returned_pts = 0
        self._rtp_at_zero: int | None = None

    def push(self, chunk: AudioChunk) -> None:
        """Takes the sound next in time; call it on the event loop. Never blocks.

        A gap in media time becomes a jump of the timestamps, after a packet of silence. Nothing happens once the track
        has ended.

        Args:
            chunk: mono, 48 kHz, int16 or float32.

        Raises:
            UnsupportedSoundError: another sample rate.
        """
        if chunk.sample_rate != MEDIA_RATE:
            raise UnsupportedSoundError(
                f"a voice track takes sound at {MEDIA_RATE} Hz, not {chunk.sample_rate}; resample it first"
            )
        if self.readyState != "live":
            return
        pcm = _as_int16(chunk.pcm)
        if self._partial_start is None:
            self._partial_start = chunk.media_time
        gap = chunk.media_time - (self._partial_start + len(self._partial))
        if gap < 0:
            again = min(len(pcm), -gap)
            self.overlapping += again
            pcm = pcm[again:]
        elif gap > 0:
            self._bridge(gap)
        self._append(pcm)

    def stop(self) -> None:
        """Ends the track and lets go of what waits in it."""
        super().stop()
        self._queue.clear()
        self._filled.set()

    async def recv(self) -> OpusPacket:
        """The next 20 ms as an Opus packet, `pts` being the media time of the first sample it decodes to.

        Raises:
            MediaStreamError: the track has ended.
        """
        while not self._queue:
            if self.readyState != "live":
                raise MediaStreamError
            self._filled.clear()
            await self._filled.wait()
        media_time, pcm = self._queue.popleft()
        packet = self._encode(pcm)
        packet.pts = media_time - LOOK_AHEAD_SAMPLES
        packet.time_base = _TIME_BASE
        self._returned += 1
        self._returned_pts = packet.pts
        return packet

    def rtp_timestamp_at_media_zero(self, sender: RTCRtpSender) -> int | None:
        """The RTP timestamp of the sample at media time 0, as the viewer sees it.

        It is the sender's random origin, which aiortc keeps to itself: learnt from the first packet it has sent.

        Args:
            sender: the one this track, and no other before, was added to.

        Returns:
            Unsigned 32-bit timestamp, the same ever after; None while no packet has been sent.

        Raises:
            IncompatibleAiortcError: aiortc keeps its counts elsewhere.
        """
        if self._rtp_at_zero is None:
            try:
                sent, timestamp = getattr(sender, _PACKET_COUNT), getattr(sender, _RTP_TIMESTAMP)
            except AttributeError as error:
                raise IncompatibleAiortcError(
                    f"RTCRtpSender of this aiortc has no {_PACKET_COUNT} or {_RTP_TIMESTAMP}; install aiortc 1.13 to "
                    "1.16, or teach stream_engine/transport/voice_track.py where its counts are now"
                ) from error
            # Equal counts say that the packet returned last is the one sent last.
            if self._returned and sent == self._returned:
                self._rtp_at_zero = (timestamp - self._returned_pts) & 0xFFFFFFFF
        return self._rtp_at_zero

    def _bridge(self, gap: int) -> None:
        """Fills a short gap with silence; a longer one up to a whole silent packet, then jumps."""
        to_boundary = -len(self._partial) % PACKET_SAMPLES
        if gap < to_boundary + PACKET_SAMPLES:
            self._append(np.zeros(gap, np.int16))
            return
        # The silence brings out what the encoder still has in its look-ahead, before the timestamps leave it behind.
        silence = to_boundary + PACKET_SAMPLES
        self._append(np.zeros(silence, np.int16))
        assert self._partial_start is not None
        self._partial_start += gap - silence

    def _append(self, pcm: NDArray[np.int16]) -> None:
        assert self._partial_start is not None
        self._partial = np.concatenate((self._partial, pcm))
        while len(self._partial) >= PACKET_SAMPLES:
            self._queue.append((self._partial_start, self._partial[:PACKET_SAMPLES]))
            self._partial = self._partial[PACKET_SAMPLES:]
            self._partial_start += PACKET_SAMPLES
            if len(self._queue) > QUEUE_PACKETS:
                self._queue.popleft()
                self.dropped += 1
            self._filled.set()

    def _encode(self, pcm: NDArray[np.int16]) -> OpusPacket:
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate = MEDIA_RATE
        frame.pts = self._encoded_samples  # the encoder wants them without jumps
        self._encoded_samples += PACKET_SAMPLES
        (packet,) = self._encoder.encode(frame)
        return packet


def _as_int16(pcm: Pcm) -> NDArray[np.int16]:
    if pcm.dtype == np.int16:
        return np.asarray(pcm, np.int16)
    return np.asarray(np.rint(np.clip(pcm, -1.0, 1.0) * 32767), np.int16)


def _open_encoder() -> AudioCodecContext:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate = MEDIA_RATE
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.bit_rate = 48_000
    encoder.time_base = _TIME_BASE
    encoder.options = {"application": "audio", "frame_duration": "20", "compression_level": "5"}
    return encoder

"""The microphone: Opus packets of a WebRTC receiver → mono sound in media time.

A thin asyncio shell around the jitter buffer and the concealer. It takes the place of aiortc's own audio jitter buffer,
which adds 80 ms and never recovers from a loss; reception reports and everything else of the receiver go on as before,
and its decoder thread finds nothing to do. Opus is decoded here, on the event loop: about 40 µs for 20 ms of sound,
less than handing it to a thread and back would cost.

Opus delays sound by its encoder's look-ahead (6.5 ms in browsers, RFC 7845 §4.2 "pre-skip"). There is no container to
say so, and nothing is trimmed: every packet yields exactly its duration, and media time counts decoded samples.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import av
import numpy as np
from aiortc import RTCRtpReceiver
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from stream_engine.clock import MEDIA_RATE, Clock
from stream_engine.frames import AudioChunk
from stream_engine.transport.concealment import Concealer
from stream_engine.transport.jitter_buffer import JitterBuffer, Lost, OpusRtp, Sound

logger = logging.getLogger(__name__)

LOOP_STALL_S: Final = 0.020
"""A timer this late means that the event loop was held up, and that packets may be waiting in the socket."""
LOOP_STALL_GRACE_S: Final = 0.010
"""Time to read them before they are declared lost."""

_BUFFER_ATTRIBUTE = "_RTCRtpReceiver__jitter_buffer"


class IncompatibleAiortcError(RuntimeError):
    """This version of aiortc has another inside than the one we reach into."""


class OpusDecodeError(ValueError):
    """A packet that the decoder refuses; conceal it."""


@dataclass(frozen=True, slots=True)
class MicrophoneStats:
    """What came in since the start.

    Attributes:
        packets_received: RTP packets that arrived.
        packets_lost: declared lost, or not decodable.
        packets_late: arrived after they had been given up.
        packets_duplicate: arrived more than once.
        packets_concealed: replaced by made-up sound.
        reorder_wait_ms: present wait for a missing packet.
        jitter_ms: interarrival jitter (RFC 3550 A.8).
    """

    packets_received: int
    packets_lost: int
    packets_late: int
    packets_duplicate: int
    packets_concealed: int
    reorder_wait_ms: float
    jitter_ms: float


class OpusDecoder:
    """Opus packets → mono 48 kHz int16; stereo is mixed down inside the codec."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("libopus", "r")
        assert isinstance(codec, AudioCodecContext)
        codec.sample_rate = MEDIA_RATE
        codec.layout = "mono"
        codec.format = "s16"
        self._codec = codec

    def decode(self, sound: Sound) -> NDArray[np.int16]:
        """Decodes a packet.

        Returns:
            int16 `[sound.duration]`.

        Raises:
            OpusDecodeError: the packet is damaged; the decoder itself stays fit for the next.
        """
        try:
            frames = self._codec.decode(av.Packet(sound.payload))
        except av.FFmpegError as error:
            raise OpusDecodeError(f"an Opus packet cannot be decoded ({error}); conceal it") from error
        samples = sum(frame.samples for frame in frames)
        if samples != sound.skip + sound.duration:
            raise OpusDecodeError(
                f"an Opus packet gave {samples} samples, not {sound.skip + sound.duration}; conceal it"
            )
        pcm = np.concatenate([np.frombuffer(memoryview(frame.planes[0]), np.int16, frame.samples) for frame in frames])
        return pcm[sound.skip :]


class Microphone:
    """One speaker's sound, from `start` to `close` or the track's end.

    Chunks follow one another without gap or overlap in media time, except at the end of a pause (DTX, a sender without
    a track, an outage): there media time may jump to the sender's. While nothing comes, silence does, marked concealed.

    Args:
        receiver: an audio receiver for which nothing but Opus was negotiated.
        on_audio: called on the event loop with each chunk as soon as it is known.
        clock: source of `received_at` and of deadlines; must go at the pace of the event loop's.
        on_ended: called once when the track has ended by the other side's doing (RTCP BYE, connection lost).

    Raises:
        IncompatibleAiortcError: aiortc has no jitter buffer where we look for it.
    """

    def __init__(
        self,
        receiver: RTCRtpReceiver,
        on_audio: Callable[[AudioChunk], None],
        clock: Clock,
        on_ended: Callable[[], None] | None = None,
    ) -> None:
        if not hasattr(receiver, _BUFFER_ATTRIBUTE):
            raise IncompatibleAiortcError(
                f"RTCRtpReceiver of this aiortc has no {_BUFFER_ATTRIBUTE}; install aiortc 1.13 to 1.16, "
                "or teach stream_engine/transport/microphone.py where its jitter buffer is now"
            )
        self._receiver = receiver
        self._on_audio = on_audio
        self._on_ended = on_ended
        self._clock = clock
        self._buffer = JitterBuffer()
        self._decoder = OpusDecoder()
        self._concealer = Concealer()
        self._undecodable = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._end_task: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Begins to listen; call it on the event loop, before the first packet (on the `track` event, say)."""
        if self._loop is not None or self._closed:
            raise RuntimeError("a microphone starts once; make a new one")
        self._loop = asyncio.get_running_loop()
        setattr(self._receiver, _BUFFER_ATTRIBUTE, _Intake(self._receive))
        self._end_task = self._loop.create_task(self._await_end(), name="microphone-end")

    def close(self) -> None:
        """Stops listening at once and for good; nothing is called any more. May be called again."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._end_task is not None:
            self._end_task.cancel()
            self._end_task = None

    @property
    def stats(self) -> MicrophoneStats:
        """Counts since the start."""
        counts = self._buffer.stats
        return MicrophoneStats(
            packets_received=counts.received,
            packets_lost=counts.lost + self._undecodable,
            packets_late=counts.late,
            packets_duplicate=counts.duplicate,
            packets_concealed=counts.concealed + self._undecodable,
            reorder_wait_ms=self._buffer.reorder_wait_ms(self._clock.monotonic()),
            jitter_ms=counts.jitter_ms,
        )

    def _receive(self, packet: RtpPacket) -> None:
        if self._closed:
            return
        now = self._clock.monotonic()
        rtp = OpusRtp(packet.sequence_number, packet.timestamp, packet.ssrc, packet.payload)
        self._emit(self._buffer.add(rtp, now), now)
        self._set_timer(now)

    def _set_timer(self, now: float) -> None:
        """Sees to it that a timer fires no later than the buffer's deadline; an early one just sets the next."""
        deadline = self._buffer.next_deadline
        if deadline is None or self._closed or self._loop is None:
            return
        if self._timer is not None:
            if self._timer_at <= deadline:
                return
            self._timer.cancel()
        self._timer_at = deadline
        self._timer = self._loop.call_later(max(0.0, deadline - now), self._on_timer, False)

    def _on_timer(self, after_grace: bool) -> None:
        self._timer = None
        now = self._clock.monotonic()
        deadline = self._buffer.next_deadline
        if deadline is not None and now - deadline > LOOP_STALL_S and not after_grace and self._loop is not None:
            self._timer_at = deadline
            self._timer = self._loop.call_later(LOOP_STALL_GRACE_S, self._on_timer, True)
            return
        self._emit(self._buffer.poll(now), now)
        self._set_timer(now)

    def _emit(self, items: list[Sound | Lost], now: float) -> None:
        for item in items:
            if self._closed:  # by whom the last chunk was given to
                return
            self._on_audio(self._chunk(item, now))

    def _chunk(self, item: Sound | Lost, now: float) -> AudioChunk:
        received_at = now
        if isinstance(item, Sound):
            received_at = item.received_at
            try:
                pcm = self._concealer.hear(self._decoder.decode(item))
            except OpusDecodeError as error:
                self._undecodable += 1
                logger.debug("%s", error)
            else:
                return AudioChunk(pcm, MEDIA_RATE, item.media_time, concealed=False, received_at=received_at)
        pcm = self._concealer.conceal(item.duration)
        return AudioChunk(pcm, MEDIA_RATE, item.media_time, concealed=True, received_at=received_at)

    async def _await_end(self) -> None:
        """Waits for aiortc to end the track; the frames it would hand out no longer exist."""
        while True:
            try:
                await self._receiver.track.recv()
            except MediaStreamError:
                break
        now = self._clock.monotonic()
        self._emit(self._buffer.flush(now), now)
        if self._closed:
            return
        self._end_task = None  # this very task: it must not cancel itself
        self.close()
        if self._on_ended is not None:
            self._on_ended()


class _Intake:
    """Stands where aiortc's jitter buffer stood: passes packets on and never has a frame to decode."""

    def __init__(self, receive: Callable[[RtpPacket], None]) -> None:
        self._receive = receive

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        """Same signature as `aiortc.jitterbuffer.JitterBuffer.add`: (send a PLI, a complete frame)."""
        self._receive(packet)
        return False, None

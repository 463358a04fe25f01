"""The session's sound as a viewer receives it, on the server's time line.

The server tells viewers the RTP timestamp of media time 0 (`audio_clock`, docs/protocol.md), so a viewer's packets say
at which media time the server heard what: the public way to learn how microphone and media time lie to each other.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from stream_engine.clock import MEDIA_RATE

BURST_THRESHOLD = 0.45
_HOLD_S = 0.2
_WRAP = 1 << 32


@dataclass(frozen=True, slots=True)
class ReturnedSound:
    """Decoded sound with its media times.

    Attributes:
        media_times: `[P]` media time of each packet's first sample.
        packets: each packet's samples, float32, 48 kHz.
    """

    media_times: tuple[int, ...]
    packets: tuple[NDArray[np.float32], ...]

    @classmethod
    def of(cls, packets: Sequence[tuple[int, str]], rtp_at_zero: int) -> "ReturnedSound":
        """From the probe's `[RTP timestamp, Opus packet in base64]`, in order of arrival."""
        decoder = av.CodecContext.create("libopus", "r")
        assert isinstance(decoder, AudioCodecContext)
        decoder.sample_rate, decoder.layout, decoder.format = MEDIA_RATE, av.AudioLayout("mono"), av.AudioFormat("s16")
        times: list[int] = []
        sounds: list[NDArray[np.float32]] = []
        for timestamp, payload in packets:
            frames = decoder.decode(av.Packet(base64.b64decode(payload)))
            pcm = np.concatenate([np.zeros(0), *(frame.to_ndarray().ravel() for frame in frames)])
            # Just before media time 0 the difference wraps; a session is never a day long here.
            media_time = (timestamp - rtp_at_zero) % _WRAP
            times.append(media_time - _WRAP if media_time > _WRAP // 2 else media_time)
            sounds.append((pcm / 32768).astype(np.float32))
        return cls(tuple(times), tuple(sounds))

    def bursts(self) -> list[int]:
        """Media time of each burst's onset."""
        onsets: list[int] = []
        hold = int(_HOLD_S * MEDIA_RATE)
        for start, pcm in zip(self.media_times, self.packets, strict=True):
            for index in np.flatnonzero(np.abs(pcm) > BURST_THRESHOLD):
                at = start + int(index)
                if not onsets or at - onsets[-1] > hold:
                    onsets.append(at)
        return onsets

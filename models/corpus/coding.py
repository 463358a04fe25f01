"""Codecs and networks: Opus, MP3 and AMR at low rates, telephony, lost packets. All of it realigned to the sample.

The codecs are FFmpeg's, through PyAV. Each one's delay is a constant of its format and taken off.
"""

from fractions import Fraction
from typing import Final, NamedTuple

import av
import numpy as np
import soxr

from models.corpus.microphones import band
from models.corpus.sound import Samples
from models.ticks import SAMPLE_RATE


class _Codec(NamedTuple):
    """An encoder, its decoder, their rate in Hz, sample format, and delay in samples at 16 kHz."""

    encoder: str
    decoder: str
    rate: int
    layout: str
    delay: int


_OPUS: Final = _Codec("libopus", "libopus", SAMPLE_RATE, "flt", -4)  # the decoder drops the pre-skip itself
_MP3: Final = _Codec("libmp3lame", "mp3float", SAMPLE_RATE, "fltp", 1105)
_AMR: Final = _Codec("libopencore_amrnb", "amrnb", 8000, "s16", 72)


def _coded(pcm: Samples, codec: _Codec, bits: int, options: dict[str, str]) -> Samples:
    encoder = av.codec.CodecContext.create(codec.encoder, "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = codec.rate, "mono", codec.layout
    encoder.bit_rate, encoder.time_base = bits, Fraction(1, codec.rate)
    encoder.options = options
    encoder.open()
    size = encoder.frame_size
    sound = np.clip(pcm, -1, 1)
    if codec.rate != SAMPLE_RATE:
        sound = soxr.resample(sound, SAMPLE_RATE, codec.rate)
    sound = np.pad(sound, (0, 4 * size + -len(sound) % size)).astype(np.float32)
    if codec.layout == "s16":
        sound = (sound * 32767).astype(np.int16)
    packets = []
    for start in range(0, len(sound), size):
        frame = av.AudioFrame.from_ndarray(sound[None, start : start + size], format=codec.layout, layout="mono")
        frame.sample_rate, frame.pts = codec.rate, start
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    decoder = av.codec.CodecContext.create(codec.decoder, "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.sample_rate, decoder.layout = codec.rate, "mono"
    if encoder.extradata:
        decoder.extradata = encoder.extradata
    pieces = [frame.to_ndarray()[0] for packet in packets for frame in decoder.decode(av.Packet(bytes(packet)))]
    decoded = np.concatenate(pieces)
    if decoded.dtype == np.int16:
        decoded = decoded / np.float32(32768)
    if decoder.sample_rate != SAMPLE_RATE:
        decoded = soxr.resample(decoded, decoder.sample_rate, SAMPLE_RATE)
    if codec.delay < 0:
        decoded = np.pad(decoded, (-codec.delay, 0))
    return np.asarray(decoded[max(codec.delay, 0) :][: len(pcm)], np.float32)


def opus(pcm: Samples, bits: int) -> Samples:
    """As WebRTC sends it: Opus at 6,000–24,000 bits a second in 20 ms frames."""
    return _coded(pcm, _OPUS, bits, {"application": "voip", "compression_level": "0"})


def mp3(pcm: Samples, bits: int) -> Samples:
    """As read books and podcasts come: MP3 at 16,000–64,000 bits a second, its band limit included."""
    return _coded(pcm, _MP3, bits, {"compression_level": "9"})


def amr(pcm: Samples, bits: int) -> Samples:
    """As mobile phones did: AMR narrow band; `bits` is one of 4750, 5150, 5900, 6700, 7400, 7950, 10200, 12200."""
    return _coded(pcm, _AMR, bits, {})


def telephone(pcm: Samples) -> Samples:
    """A land line: 300–3400 Hz at 8 kHz, eight bits of G.711 mu-law."""
    line = np.clip(soxr.resample(band(pcm, 300, 3400, 6), SAMPLE_RATE, SAMPLE_RATE // 2), -1, 1)
    compressed = np.sign(line) * np.log1p(255 * np.abs(line)) / np.log(256)
    compressed = np.round(compressed * 127) / 127
    line = np.sign(compressed) * np.expm1(np.abs(compressed) * np.log(256)) / 255
    out = np.asarray(soxr.resample(line, SAMPLE_RATE // 2, SAMPLE_RATE), np.float32)
    return out[: len(pcm)] if len(out) >= len(pcm) else np.pad(out, (0, len(pcm) - len(out)))


def with_losses(pcm: Samples, rng: np.random.Generator) -> Samples:
    """A network that loses 1–15 % of packets, in bursts, one at the least, and a receiver that hides it.

    It plays nothing, the packet before again, or the last pitch period again and again, dying away over 60 ms
    (G.711 Appendix I in spirit). The time of what arrives never changes.
    """
    packet = int(rng.choice([160, 320, 320, 320, 640, 960]))
    count = -(-len(pcm) // packet)
    rate, burst = rng.uniform(0.01, 0.15), rng.uniform(1, 4)
    begins, ends = min(0.5, rate / burst / (1 - rate)), 1 / burst
    dice, lost = rng.random(count), np.zeros(count, bool)
    for i in range(1, count):
        lost[i] = dice[i] > ends if lost[i - 1] else dice[i] < begins
    lost[rng.integers(min(1, count - 1), count)] = True
    how = rng.integers(3)
    out = np.array(pcm, np.float32)
    for i in np.flatnonzero(lost).tolist():
        first, last = i * packet, min((i + 1) * packet, len(out))
        period = packet if how == 1 else _period(out[max(0, first - 800) : first])
        if how == 0 or first < period:
            out[first:last] = 0
            continue
        repeated = np.resize(out[first - period : first], last - first)
        out[first:last] = repeated * np.exp(-np.arange(last - first) / (0.03 * SAMPLE_RATE))
    return out


def _period(past: Samples) -> int:
    """The lag of 2.5–16 ms at which the last moments of sound repeat best, samples."""
    if len(past) < 800:
        return 160
    recent = past[-320:]
    likeness = np.correlate(past[-320 - 256 : -40], recent, "valid")[::-1]
    return 40 + int(np.argmax(likeness))

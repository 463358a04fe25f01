"""The order of arriving sound: a jitter buffer for Opus over RTP that adds no delay of its own.

A pure state machine: no I/O, no clock, no decoding. `now` is passed in, and `next_deadline` says when `poll` is due.

* A packet in order leaves at once.
* Behind a gap packets wait for the missing one, as long as reordering lately took (5–60 ms); then the gap is declared
  lost and everything behind it leaves at once.
* When nothing has come out for 80 ms, the missing sound is declared lost ahead of time, step by step at the pace of
  real time, so that whatever listens never freezes. What arrives for it later is late. After half a second the stream
  counts as paused: its silence goes on, and whatever comes is heard at once.

Nothing here is paced by a clock, so neither a burst nor a sender's clock drift can pile delay up: a packet is either
released when it arrives, or held by a gap, or dropped.

Sources: RFC 3550 (RTP: sequence validation A.1, jitter A.8), RFC 7587 (Opus over RTP), RFC 6716 §3.1 (packet length).
"""

from dataclasses import dataclass
from typing import Final

from stream_engine.clock import MEDIA_RATE, TICK_MEDIA

MIN_WAIT_S: Final = 0.005
"""Shortest wait for a missing packet."""
MAX_WAIT_S: Final = 0.060
"""Longest wait for a missing packet."""
FIRST_WAIT_S: Final = 0.010
"""Wait before anything is known of the path."""
WAIT_HALF_LIFE_S: Final = 1.0
"""Reordering is forgotten by half in this time."""
WAIT_MARGIN: Final = 1.5
"""Wait this many times the reordering seen lately."""
MAX_STALL_S: Final = 0.080
"""Longest silence of the output while the stream lives."""
STALL_MARGIN_S: Final = 0.050
"""A stream of long packets (60, 120 ms) may be silent for a packet and this."""
MAX_STARVATION_S: Final = 0.5
"""Sound made up ahead of time for a stream that has stopped; then it counts as paused, and more is mere silence."""
PAUSE_DECISION_S: Final = 0.1
"""A stream that stays behind what was made up for it for this long had paused, and goes on from there."""
MAX_LOSS_S: Final = 1.0
"""Longest sound reported lost at one place; the rest of an outage is a plain jump in media time."""
MAX_JUMP_S: Final = 1.0
"""A timestamp may run ahead of the wall clock by this much before it is taken for a restart of the sender's count."""
CAPACITY: Final = 64
"""Packets held behind a gap; one more and the gap counts as lost."""

_MAX_DROPOUT: Final = 3000  # RFC 3550 A.1
_MAX_MISORDER: Final = 100  # RFC 3550 A.1
_MISSING_MEMORY: Final = 128  # sequence numbers below the highest for which we tell late from duplicate
_RETIRED_SSRC_S: Final = 1.0
_MAX_OPUS_MEDIA: Final = 5760  # 120 ms, the longest Opus packet


class MalformedOpusError(ValueError):
    """The bytes are no Opus packet; treat it as lost."""


def opus_duration(payload: bytes) -> int:
    """Length of the sound in an Opus packet (RFC 6716 §3.1), without decoding it.

    Args:
        payload: one Opus packet; empty (padding only) is allowed.

    Returns:
        Media-time units (48 kHz samples): 0 for an empty payload, else 120..5760.

    Raises:
        MalformedOpusError: no frames, or more than 120 ms.
    """
    if not payload:
        return 0
    config = payload[0] >> 3
    if config < 12:  # SILK: 10, 20, 40, 60 ms
        frame = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:  # hybrid: 10, 20 ms
        frame = (480, 960)[config & 1]
    else:  # CELT: 2.5, 5, 10, 20 ms
        frame = 120 << (config & 3)
    code = payload[0] & 3
    if code == 0:
        count = 1
    elif code < 3:
        count = 2
    elif len(payload) < 2:
        raise MalformedOpusError("an Opus packet of code 3 lacks its frame count; treat it as lost")
    else:
        count = payload[1] & 0x3F
    if not 0 < frame * count <= _MAX_OPUS_MEDIA:
        raise MalformedOpusError(f"an Opus packet of {count} frames of {frame} samples; treat it as lost")
    return frame * count


@dataclass(frozen=True, slots=True)
class OpusRtp:
    """What the buffer needs of an RTP packet.

    Attributes:
        sequence: 16-bit sequence number.
        timestamp: 32-bit RTP timestamp, 48 kHz.
        ssrc: the stream it belongs to.
        payload: one Opus packet.
    """

    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Sound:
    """A packet in its place.

    Attributes:
        media_time: of the first sample *after* those skipped.
        duration: samples that remain after those skipped; media-time units.
        skip: samples at the front that were made up already; to be decoded and thrown away.
        payload: one Opus packet of `skip + duration` samples.
        received_at: `now` of its arrival.
    """

    media_time: int
    duration: int
    skip: int
    payload: bytes
    received_at: float


@dataclass(frozen=True, slots=True)
class Lost:
    """Sound that will not come, to be concealed.

    Attributes:
        media_time: of its first sample.
        duration: media-time units.
    """

    media_time: int
    duration: int


@dataclass(slots=True)
class JitterStats:
    """Counts since the session began, in packets.

    Attributes:
        received: all that arrived.
        lost: places in the sequence given up, whether or not the packet came later.
        late: dropped, because their place had been given up or their sound made up.
        duplicate: dropped, had arrived before.
        malformed: no Opus packet; counted lost as well.
        stray: dropped, far outside the sequence (RFC 3550 A.1) or of a stream just replaced.
        concealed: reported as `Lost`, counted in packets of the stream's current length.
        restarts: changes of SSRC, sequence or timestamp origin that were followed.
        jitter_ms: interarrival jitter, RFC 3550 A.8.
    """

    received: int = 0
    lost: int = 0
    late: int = 0
    duplicate: int = 0
    malformed: int = 0
    stray: int = 0
    concealed: int = 0
    restarts: int = 0
    jitter_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class _Held:
    timestamp: int  # unwrapped
    duration: int | None  # None: malformed, keeps its place in the sequence only
    payload: bytes
    arrived: float


def _signed(value: int, bits: int) -> int:
    """Difference of two wrapping counters as a signed number."""
    half = 1 << (bits - 1)
    return ((value + half) & ((1 << bits) - 1)) - half


class JitterBuffer:
    """Puts one stream of Opus packets in order; see the module's text for its rules.

    Media time 0 is the first sample of the first packet that arrives. Output is in order of media time and never
    covers a sample twice; between two outputs media time may jump ahead (silence suppression, a long outage).

    Attributes:
        stats: counts, kept up to date in place.
    """

    def __init__(self) -> None:
        self.stats = JitterStats()
        self._ssrc: int | None = None
        self._retired: tuple[int, float] = (-1, 0.0)  # the SSRC replaced last, and until when its packets are stray
        self._restart_sequence: int | None = None
        # Sequence numbers and timestamps are unwrapped to integers without bound.
        self._first_sequence = 0
        self._next_sequence = 0
        self._highest_sequence = 0
        self._timestamp = 0
        self._origin = 0  # unwrapped RTP timestamp of media time 0
        self._next_media = 0
        self._heard_media = 0  # end of the last packet released
        self._heard_at = 0.0
        self._last_duration = TICK_MEDIA
        self._held: dict[int, _Held] = {}
        self._missing: dict[int, float] = {}  # sequence → when it was found missing
        self._skipped = 0  # places given up since the last release
        self._starve_at = 0.0
        self._starved = 0  # media time made up since the last release
        self._behind_since: float | None = None
        self._transit: float | None = None
        self._wait_s = FIRST_WAIT_S
        self._wait_at = 0.0

    def add(self, packet: OpusRtp, now: float) -> list[Sound | Lost]:
        """Takes a packet that has just arrived.

        Args:
            packet: of any stream, in any order.
            now: monotonic seconds, never smaller than in an earlier call.

        Returns:
            What can leave now, in order.
        """
        self.stats.received += 1
        out: list[Sound | Lost] = []
        if self._ssrc is None:
            self._heard_at = now
            self._begin(packet, now, media_time=0)
        elif packet.ssrc != self._ssrc:
            if packet.ssrc == self._retired[0] and now < self._retired[1]:
                self.stats.stray += 1
                return []
            self._retired = (self._ssrc, now + _RETIRED_SSRC_S)
            out += self._restart(packet, now)
        step = _signed(packet.sequence - self._highest_sequence, 16)
        if step > _MAX_DROPOUT or step < -_MAX_MISORDER:
            # Two in a row prove that the sender began anew; one alone is a stray.
            if packet.sequence != self._restart_sequence:
                self._restart_sequence = (packet.sequence + 1) & 0xFFFF
                self.stats.stray += 1
                return out
            out += self._restart(packet, now)
            step = 0
        self._restart_sequence = None
        sequence = self._highest_sequence + step
        timestamp = self._timestamp + _signed(packet.timestamp - self._timestamp, 32)
        self._measure(timestamp, now)
        if not self._is_new(sequence, now):
            return out
        for gone in range(max(self._highest_sequence + 1, sequence - _MISSING_MEMORY), sequence):
            self._missing[gone] = now
        if sequence > self._highest_sequence:
            self._highest_sequence = sequence
            self._timestamp = timestamp
            self._forget_missing()
        try:
            duration: int | None = opus_duration(packet.payload)
        except MalformedOpusError:
            self.stats.malformed += 1
            duration = None
        self._held[sequence] = _Held(timestamp, duration, packet.payload, now)
        out += self._release_in_order(now)
        if len(self._held) > CAPACITY:
            out += self._give_up_gap(now)
        return out

    def poll(self, now: float) -> list[Sound | Lost]:
        """Gives up what has been waited for long enough; call it at `next_deadline`.

        Returns:
            What can leave now, in order; empty if it is too early.
        """
        out: list[Sound | Lost] = []
        while (deadline := self.next_deadline) is not None and now >= deadline:
            if self._held:
                out += self._give_up_gap(now)
                continue
            lost = Lost(self._next_media, self._last_duration)
            out.append(lost)
            if not self._paused:
                self.stats.concealed += 1
            self._next_media += lost.duration
            self._starved += lost.duration
            # A poll far too late makes nothing up for the past: its packets may be waiting to be read.
            step_s = lost.duration / MEDIA_RATE
            self._starve_at = (self._starve_at if now < self._starve_at + step_s else now) + step_s
        return out

    def flush(self, now: float) -> list[Sound | Lost]:
        """Releases everything held, giving up the gaps in it: the stream has ended."""
        out: list[Sound | Lost] = []
        while self._held:
            out += self._give_up_gap(now)
        return out

    @property
    def next_deadline(self) -> float | None:
        """When `poll` is due, monotonic seconds; None before the first packet."""
        if self._ssrc is None:
            return None
        if not self._held:
            return self._starve_at
        missing_since = self._missing.get(self._next_sequence)
        if missing_since is None:  # a gap longer than our memory: waiting is pointless
            return min(held.arrived for held in self._held.values())
        gap_deadline = missing_since + self._wait(missing_since)
        # A paused stream has no sound to keep up, so the deadline of its silence must not cut the wait short.
        return gap_deadline if self._paused else min(gap_deadline, self._starve_at)

    @property
    def _paused(self) -> bool:
        return self._starved >= MAX_STARVATION_S * MEDIA_RATE

    @property
    def media_time(self) -> int:
        """Media time up to which sound has come out."""
        return self._next_media

    def reorder_wait_ms(self, now: float) -> float:
        """How long a missing packet is waited for at present, milliseconds."""
        return self._wait(now) * 1000

    def _begin(self, packet: OpusRtp, now: float, *, media_time: int) -> None:
        """Starts a stream whose first sample is at `media_time`."""
        self._ssrc = packet.ssrc
        self._first_sequence = self._next_sequence = packet.sequence
        self._highest_sequence = packet.sequence
        self._timestamp = packet.timestamp
        self._origin = packet.timestamp - media_time
        self._missing.clear()
        self._skipped = 0
        self._transit = None
        self._behind_since = None
        self._starve_at = now + MAX_STALL_S
        self._starved = 0

    def _restart(self, packet: OpusRtp, now: float) -> list[Sound | Lost]:
        """Ends the present stream and starts another, whose media time goes on with the wall clock."""
        self.stats.restarts += 1
        by_the_clock = self._heard_media + round((now - self._heard_at) * MEDIA_RATE) - self._last_duration
        out = self.flush(now)
        self._begin(packet, now, media_time=max(self._next_media, by_the_clock))
        return out

    def _is_new(self, sequence: int, now: float) -> bool:
        """Sorts out what has come before or too late, and learns from packets out of order."""
        missing_since = self._missing.pop(sequence, None)
        if missing_since is not None:
            self._wait_s = max(self._wait(now), min((now - missing_since) * WAIT_MARGIN, MAX_WAIT_S))
            self._wait_at = now
        if sequence >= self._next_sequence and sequence not in self._held:
            return True
        if missing_since is not None or sequence < self._first_sequence:
            self.stats.late += 1
        else:
            self.stats.duplicate += 1
        return False

    def _wait(self, at: float) -> float:
        """The wait for a packet found missing at `at`, seconds: decays toward the shortest."""
        return max(MIN_WAIT_S, self._wait_s * 2 ** (-max(0.0, at - self._wait_at) / WAIT_HALF_LIFE_S))

    def _stall_s(self) -> float:
        return max(MAX_STALL_S, self._last_duration / MEDIA_RATE + STALL_MARGIN_S)

    def _forget_missing(self) -> None:
        oldest = self._highest_sequence - _MISSING_MEMORY
        while self._missing and (first := next(iter(self._missing))) < oldest:
            del self._missing[first]

    def _measure(self, timestamp: int, now: float) -> None:
        """Interarrival jitter, RFC 3550 A.8."""
        transit = now * 1000 - timestamp * 1000 / MEDIA_RATE
        if self._transit is not None:
            self.stats.jitter_ms += (abs(transit - self._transit) - self.stats.jitter_ms) / 16
        self._transit = transit

    def _give_up_gap(self, now: float) -> list[Sound | Lost]:
        """Declares the gap before the first packet held lost, and releases what was behind it."""
        first = min(self._held)
        self.stats.lost += first - self._next_sequence
        self._skipped += first - self._next_sequence
        self._next_sequence = first
        return self._release_in_order(now)

    def _release_in_order(self, now: float) -> list[Sound | Lost]:
        out: list[Sound | Lost] = []
        while (held := self._held.pop(self._next_sequence, None)) is not None:
            self._next_sequence += 1
            if held.duration is None:
                self.stats.lost += 1
                self._skipped += 1
            elif held.duration > 0:
                out += self._place(held, held.duration, now)
        return out

    def _place(self, held: _Held, duration: int, now: float) -> list[Sound | Lost]:
        """Turns a packet whose turn has come into output, after what was lost before it."""
        ahead = held.timestamp - self._origin - self._next_media
        if ahead > (now - self._heard_at + MAX_JUMP_S) * MEDIA_RATE or -ahead > max(self._starved, duration):
            self.stats.restarts += 1  # the sender's count has jumped: no clock can have passed so
            ahead = 0
        elif ahead <= -duration:
            # All of it was made up already: either the network held it back, and the rest comes all at once, or the
            # sender had paused and its count with it (browsers do so while a sender has no track), and stays behind.
            if self._behind_since is None:
                self._behind_since = now
            if not self._paused and now - self._behind_since < PAUSE_DECISION_S:
                self.stats.late += 1
                return []
            self.stats.restarts += 1
            ahead = 0
        out: list[Sound | Lost] = []
        if ahead > 0 and self._skipped:
            lost = min(ahead, self._skipped * _MAX_OPUS_MEDIA, round(MAX_LOSS_S * MEDIA_RATE))
            self.stats.concealed += max(1, round(lost / self._last_duration))
            out.append(Lost(self._next_media, lost))
        skip = max(0, -ahead)
        self._next_media += max(0, ahead)
        self._origin = held.timestamp + skip - self._next_media
        out.append(Sound(self._next_media, duration - skip, skip, held.payload, held.arrived))
        self._next_media += duration - skip
        self._heard_media = self._next_media
        self._heard_at = now
        self._last_duration = duration
        self._skipped = 0
        self._starved = 0
        self._starve_at = now + self._stall_s()
        self._behind_since = None
        return out

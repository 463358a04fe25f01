"""The jitter buffer under simulated networks; arrival times are made up, so everything is exact and repeatable."""

import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.clock import MEDIA_RATE
from stream_engine.transport.jitter_buffer import (
    CAPACITY,
    MAX_STALL_S,
    MAX_WAIT_S,
    MIN_WAIT_S,
    JitterBuffer,
    Lost,
    MalformedOpusError,
    OpusRtp,
    Sound,
    opus_duration,
)

TOC_10_MS = bytes([30 << 3])  # CELT fullband, code 0
TOC_20_MS = bytes([31 << 3])
SSRC = 0x1234


@dataclass
class Run:
    """A buffer driven as the shell drives it: polled at each deadline before the next arrival."""

    buffer: JitterBuffer = field(default_factory=JitterBuffer)
    out: list[tuple[float, Sound | Lost]] = field(default_factory=list)
    now: float = 0.0

    def until(self, now: float) -> None:
        while (deadline := self.buffer.next_deadline) is not None and deadline <= now:
            self.now = max(self.now, deadline)
            before = len(self.out)
            self.out += [(self.now, item) for item in self.buffer.poll(self.now)]
            assert len(self.out) > before or self.buffer.next_deadline != deadline, "a deadline without effect"
        self.now = now

    def arrive(self, now: float, packet: OpusRtp) -> list[Sound | Lost]:
        self.until(now)
        items = self.buffer.add(packet, now)
        self.out += [(now, item) for item in items]
        return items

    @property
    def sounds(self) -> list[tuple[float, Sound]]:
        return [(at, item) for at, item in self.out if isinstance(item, Sound)]

    @property
    def lost(self) -> list[Lost]:
        return [item for _, item in self.out if isinstance(item, Lost)]

    def check_order(self) -> None:
        """No sample twice, none out of order."""
        for (_, item), (_, after) in pairwise(self.out):
            assert after.media_time >= item.media_time + item.duration

    def check_coverage(self) -> None:
        """Every sample exactly once, from media time 0 on."""
        media_time = 0
        for _, item in self.out:
            assert item.media_time == media_time
            media_time += item.duration


def opus(index: int, *, first: int = 0, origin: int = 0, ms: int = 20, ssrc: int = SSRC, mark: int = 0) -> OpusRtp:
    toc = {10: TOC_10_MS, 20: TOC_20_MS}[ms]
    payload = toc + (mark or index).to_bytes(4, "big")
    return OpusRtp((first + index) & 0xFFFF, (origin + index * ms * 48) & 0xFFFFFFFF, ssrc, payload)


def index_of(sound: Sound) -> int:
    return int.from_bytes(sound.payload[1:], "big")


# In order


def test_packets_in_order_leave_at_once() -> None:
    run = Run()
    for k in range(500):
        (item,) = run.arrive(k * 0.02, opus(k))
        assert item == Sound(k * 960, 960, 0, opus(k).payload, k * 0.02)
    assert run.buffer.stats.received == 500
    assert run.buffer.stats.lost == run.buffer.stats.concealed == 0


@pytest.mark.parametrize(("first", "origin"), [(65_530, 0), (0, 2**32 - 5000), (65_535, 2**32 - 1)])
def test_sequence_and_timestamp_wrap(first: int, origin: int) -> None:
    run = Run()
    order = [0, 1, 3, 2, 4, 5, 6, 8, 9, 7, 10, 11, 12]
    for at, k in enumerate(order):
        run.arrive(at * 0.002, opus(k, first=first, origin=origin))
    assert [sound.media_time for _, sound in run.sounds] == [k * 960 for k in range(13)]
    run.check_coverage()


def test_media_time_outgrows_32_bits() -> None:
    """RTP timestamps wrap after a day; media time must not. Long packets of silence make the days short."""
    buffer = JitterBuffer()
    step = 2**30  # 6.2 h of silence between packets
    for k in range(12):
        (item,) = buffer.add(OpusRtp(k, (7 + k * step) & 0xFFFFFFFF, SSRC, TOC_20_MS), k * step / MEDIA_RATE)
        assert item.media_time == k * step


@pytest.mark.parametrize("drift", [-300e-6, 300e-6])
def test_clock_drift_adds_no_delay(drift: float) -> None:
    """An hour of a sender whose clock is off: every packet still leaves on arrival."""
    buffer = JitterBuffer()
    for k in range(180_000):
        now = k * 0.02 * (1 + drift)
        deadline = buffer.next_deadline
        assert deadline is None or deadline > now
        (item,) = buffer.add(opus(k), now)
        assert item.media_time == k * 960
    assert buffer.stats.restarts == 0


# Gaps


def test_a_lost_packet_is_waited_for_and_then_declared_lost() -> None:
    run = Run()
    run.arrive(0.00, opus(0))
    assert run.arrive(0.04, opus(2)) == []
    deadline = run.buffer.next_deadline
    assert deadline is not None
    assert 0.04 + MIN_WAIT_S <= deadline <= 0.04 + MAX_WAIT_S
    assert run.buffer.poll(deadline - 0.0005) == []
    assert run.arrive(0.0401, opus(3)) == []
    assert run.buffer.poll(deadline) == [
        Lost(960, 960),
        Sound(1920, 960, 0, opus(2).payload, 0.04),
        Sound(2880, 960, 0, opus(3).payload, 0.0401),
    ]
    assert run.buffer.stats.lost == run.buffer.stats.concealed == 1


def test_a_reordered_packet_goes_where_it_belongs() -> None:
    run = Run()
    run.arrive(0.000, opus(0))
    assert run.arrive(0.040, opus(2)) == []
    items = run.arrive(0.042, opus(1))
    assert [item.media_time for item in items] == [960, 1920]
    assert run.buffer.stats.lost == 0


def test_each_gap_has_its_own_deadline() -> None:
    run = Run()
    run.arrive(0.000, opus(0))
    run.arrive(0.020, opus(2))
    run.arrive(0.026, opus(4))
    run.until(0.1)
    times = {index_of(sound): at for at, sound in run.sounds}
    assert 0.025 < times[2] < 0.031
    assert 0.031 < times[4] < 0.037


def test_late_and_duplicate_packets_are_dropped_and_told_apart() -> None:
    run = Run()
    run.arrive(0.000, opus(0))
    run.arrive(0.020, opus(2))
    run.arrive(0.021, opus(2))  # duplicate of a held packet
    run.until(0.060)
    assert run.arrive(0.060, opus(1)) == []  # given up: late
    assert run.arrive(0.061, opus(1)) == []  # and once more
    assert run.arrive(0.062, opus(0)) == []  # duplicate of a released packet
    stats = run.buffer.stats
    assert (stats.received, stats.lost, stats.late, stats.duplicate) == (6, 1, 1, 3)
    run.check_coverage()


def test_the_wait_learns_from_reordering_and_forgets_it() -> None:
    run = Run()
    k, now = 0, 0.0
    for _ in range(10):  # every other pair swapped, 30 ms late
        run.arrive(now, opus(k))
        run.arrive(now + 0.010, opus(k + 2))
        run.arrive(now + 0.040, opus(k + 1))
        k, now = k + 3, now + 0.06
    assert 30 <= run.buffer.reorder_wait_ms(now) <= 1000 * MAX_WAIT_S
    assert run.buffer.stats.lost < 5, "the first few may be given up; then it waits long enough"
    assert run.buffer.reorder_wait_ms(now + 4.0) <= 5.01


def test_the_wait_stays_within_bounds() -> None:
    run = Run()
    run.arrive(0.0, opus(0))
    run.arrive(0.02, opus(2))
    run.arrive(0.9, opus(1))  # nearly a second late
    assert run.buffer.reorder_wait_ms(0.9) == pytest.approx(1000 * MAX_WAIT_S)


def test_what_is_held_is_bounded() -> None:
    buffer = JitterBuffer()
    buffer.add(opus(0), 0.0)
    out: list[Sound | Lost] = []
    for k in range(2, CAPACITY + 10):  # a burst behind one gap, all at the same moment
        out += buffer.add(opus(k), 0.001)
    assert out[0] == Lost(960, 960)
    assert len(out) == 1 + CAPACITY + 8
    assert buffer.next_deadline is not None


def test_flush_releases_what_is_held() -> None:
    run = Run()
    for k in (0, 2, 4):
        run.arrive(0.001 * k, opus(k))
    items = run.buffer.flush(0.005)
    assert [(type(item), item.media_time) for item in items] == [
        (Lost, 960),
        (Sound, 1920),
        (Lost, 2880),
        (Sound, 3840),
    ]
    assert run.buffer.flush(0.005) == []


# Silence suppression, pauses, restarts


def test_a_timestamp_jump_without_loss_is_silence() -> None:
    run = Run()
    run.arrive(0.0, OpusRtp(7, 1000, SSRC, TOC_20_MS))
    run.until(0.4)
    made_up = run.buffer.media_time - 960
    (item,) = run.arrive(0.4, OpusRtp(8, 1000 + 19_200, SSRC, TOC_20_MS))
    assert item == Sound(19_200, 960, 0, TOC_20_MS, 0.4)
    assert run.buffer.stats.lost == run.buffer.stats.late == 0
    assert 0 < made_up < 19_200 - 960, "silence in the meantime is made up, behind real time"
    run.check_order()


def test_output_never_stalls_while_a_stream_is_held_up() -> None:
    """The network holds packets back for 200 ms, then delivers them all: no stall, no delay left over."""
    run = Run()
    for k in range(100):
        sent = k * 0.02
        run.arrive(1.2 + (k - 50) * 1e-6 if 1.0 <= sent < 1.2 else sent, opus(k))
    run.check_coverage()
    assert max(b - a for (a, _), (b, _) in pairwise(run.out)) <= MAX_STALL_S + 1e-9
    late = run.buffer.stats.late
    assert 0 < late <= 8, "what was made up meanwhile is not wanted any more"
    for at, sound in run.sounds:
        if sound.media_time >= 1.3 * MEDIA_RATE:
            assert at == pytest.approx(sound.media_time / MEDIA_RATE)


def test_a_poll_far_too_late_makes_up_one_packet_only() -> None:
    """Whoever should have polled was itself held up, and with it the packets: they must not come too late for that."""
    buffer = JitterBuffer()
    buffer.add(opus(0), 0.0)
    assert buffer.poll(0.7) == [Lost(960, 960)]
    assert buffer.next_deadline == pytest.approx(0.72)
    late = [k for k in range(1, 36) if not buffer.add(opus(k), 0.701)]
    assert late == [1]


def test_a_stream_that_stops_is_silence_at_the_pace_of_time_and_no_loss() -> None:
    run = Run()
    run.arrive(0.0, opus(0))
    run.until(60.0)
    run.check_coverage()
    assert 59.9 * MEDIA_RATE < run.buffer.media_time <= 60 * MEDIA_RATE
    assert run.buffer.stats.concealed == 25, "half a second was made up for; the rest is a pause"
    assert run.buffer.stats.lost == 0


@pytest.mark.parametrize(("pause", "swallowed"), [(0.3, 6), (3.0, 0), (3600.0, 0)])
def test_a_sender_that_paused_its_count_is_followed_again(pause: float, swallowed: int) -> None:
    """Browsers stop the RTP clock of a sender without a track. What is made up meanwhile must not swallow the rest."""
    run = Run()
    for k in range(100):
        run.arrive(k * 0.02 + (pause if k >= 50 else 0.0), opus(k))
    assert run.buffer.stats.late <= swallowed
    assert run.buffer.stats.restarts == 1
    heard = [index_of(sound) for _, sound in run.sounds]
    assert heard[50:] == list(range(50 + run.buffer.stats.late, 100))
    run.check_coverage()


def test_a_new_ssrc_starts_anew_and_media_time_follows_the_clock() -> None:
    run = Run()
    for k in range(10):
        run.arrive(k * 0.02, opus(k))
    run.arrive(0.2 + 0.02, opus(11))  # 10 is missing, 11 held
    items = run.arrive(2.0, opus(0, ssrc=99, first=500, origin=77_777))
    assert items[-1].media_time == pytest.approx(2.0 * MEDIA_RATE, abs=2000)
    assert [item.media_time for item in run.arrive(2.02, opus(1, ssrc=99, first=500, origin=77_777))] == [
        items[-1].media_time + 960
    ]
    assert run.arrive(2.03, opus(12)) == []
    assert run.buffer.stats.stray == 1, "a straggler of the old stream does not bring it back"
    assert run.buffer.stats.restarts == 1
    run.check_order()


def test_a_new_sequence_needs_two_packets_to_be_believed() -> None:
    run = Run()
    for k in range(10):
        run.arrive(k * 0.02, opus(k))
    assert run.arrive(0.201, opus(0, first=30_000, origin=5_000_000)) == []
    assert len(run.arrive(0.202, opus(10))) == 1, "one stray changes nothing"
    assert run.arrive(0.220, opus(0, first=30_000, origin=5_000_000)) == []
    (item,) = run.arrive(0.240, opus(1, first=30_000, origin=5_000_000))
    assert item.media_time >= 11 * 960
    assert run.buffer.stats.restarts == 1
    run.check_order()


@pytest.mark.parametrize("jump", [2**31 - 5000, 48_000 * 3600, -(2**31) + 5000, -48_000 * 60])
def test_an_absurd_timestamp_does_not_move_media_time(jump: int) -> None:
    run = Run()
    for k in range(100):
        run.arrive(k * 0.02, opus(k, origin=jump if k >= 50 else 0))
    run.check_coverage()
    assert run.buffer.media_time == 96_000
    assert run.buffer.stats.restarts == 1


def test_malformed_packets_are_lost() -> None:
    run = Run()
    for k in range(20):
        packet = opus(k)
        run.arrive(k * 0.02, OpusRtp(packet.sequence, packet.timestamp, SSRC, b"\x03\x00") if k == 7 else packet)
    run.check_coverage()
    assert run.lost == [Lost(7 * 960, 960)]
    assert run.buffer.stats.malformed == run.buffer.stats.lost == 1


def test_empty_packets_only_count() -> None:
    run = Run()
    run.arrive(0.00, opus(0))
    assert run.arrive(0.01, OpusRtp(1, 960, SSRC, b"")) == []
    (item,) = run.arrive(0.02, OpusRtp(2, 960, SSRC, TOC_20_MS))
    assert item.media_time == 960
    assert run.buffer.stats.lost == 0


@pytest.mark.parametrize(
    ("payload", "duration"),
    [
        (b"", 0),
        (bytes([0 << 3]), 480),
        (bytes([3 << 3]), 2880),
        (bytes([12 << 3]), 480),
        (bytes([13 << 3 | 1]), 1920),
        (bytes([16 << 3]), 120),
        (bytes([31 << 3 | 2]), 1920),
        (bytes([31 << 3 | 3, 6]), 5760),
        (bytes([31 << 3 | 3, 0x80 | 1]), 960),
    ],
)
def test_opus_duration(payload: bytes, duration: int) -> None:
    assert opus_duration(payload) == duration


@pytest.mark.parametrize("payload", [bytes([3]), bytes([3, 0]), bytes([31 << 3 | 3, 7]), bytes([3 << 3 | 3, 3])])
def test_opus_duration_of_nonsense(payload: bytes) -> None:
    with pytest.raises(MalformedOpusError):
        opus_duration(payload)


def test_jitter_is_that_of_rfc_3550() -> None:
    buffer = JitterBuffer()
    for k in range(2000):
        buffer.add(opus(k), k * 0.02 + (0.004 if k % 2 else 0.0))
    assert buffer.stats.jitter_ms == pytest.approx(4.0, abs=0.01)


# What the product promises


def lossy(rng: random.Random, loss: float, ms: int, seconds: float) -> list[tuple[float, int]]:
    """Arrivals of a stream with random loss and a little jitter: (time, index)."""
    count = round(seconds * 1000 / ms)
    return [(k * ms / 1000 + rng.uniform(0, 0.002), k) for k in range(count) if k == 0 or rng.random() >= loss]


@pytest.mark.parametrize("ms", [10, 20])
@pytest.mark.parametrize("seed", range(5))
def test_at_20_percent_loss_output_never_stalls_for_100_ms(ms: int, seed: int) -> None:
    run = Run()
    for now, k in lossy(random.Random(seed), 0.2, ms, 120.0):
        run.arrive(now, opus(k, ms=ms))
    run.check_coverage()
    assert max(b - a for (a, _), (b, _) in pairwise(run.out)) < 0.1
    assert max(at - sound.received_at for at, sound in run.sounds) <= 0.011
    assert run.buffer.stats.lost == pytest.approx(0.2 * 120_000 / ms, rel=0.1)
    assert run.buffer.stats.late == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_second_after_a_burst_of_trouble_the_delay_is_back_to_normal(seed: int) -> None:
    """Half a second of loss, reordering and hold-ups; what counts is arrival → output, and media time against clock."""
    rng = random.Random(seed)
    arrivals = []
    for k in range(1000):
        sent = k * 0.01
        if not 3.0 <= sent < 3.5:
            arrivals.append((sent, k))
        elif rng.random() > 0.4:
            arrivals.append((sent + rng.uniform(0.0, 0.15), k))
    run = Run()
    for now, k in sorted(arrivals):
        run.arrive(now, opus(k, ms=10))
    run.check_order()
    for at, sound in run.sounds:
        if sound.media_time >= 4.5 * MEDIA_RATE:
            assert at == sound.received_at
            assert at == pytest.approx(sound.media_time / MEDIA_RATE, abs=1e-6)
    at_5_s = next(at for at, sound in run.sounds if sound.media_time >= 5.0 * MEDIA_RATE)
    assert at_5_s == pytest.approx(5.0)
    assert run.buffer.stats.restarts == 0


@st.composite
def networks(draw: st.DrawFn) -> list[tuple[float, int]]:
    """Any loss, delay and duplication, as (arrival time, index)."""
    count = draw(st.integers(1, 120))
    fates = draw(st.lists(st.sampled_from([0, 1, 1, 1, 1, 2]), min_size=count, max_size=count))  # copies
    delays = draw(st.lists(st.floats(0, 0.07), min_size=2 * count, max_size=2 * count))
    calm = draw(st.booleans())
    arrivals = [
        (k * 0.02 + (0.0 if calm and k % 3 else delays[2 * k + copy]), k)
        for k in range(count)
        for copy in range(fates[k])
    ]
    return sorted(arrivals)


@settings(max_examples=300, deadline=None)
@given(networks(), st.integers(0, 65_535), st.integers(0, 2**32 - 1))
def test_any_network_gives_every_sample_once_and_in_time(
    arrivals: list[tuple[float, int]], first: int, origin: int
) -> None:
    run = Run()
    for now, k in arrivals:
        run.arrive(now, opus(k, first=first, origin=origin))
    last = arrivals[-1][0] if arrivals else 0.0
    run.until(last + 0.059)
    run.check_coverage()
    for (before, _), (after, _) in pairwise(run.out):
        assert after - before <= MAX_STALL_S + 1e-6
    for at, sound in run.sounds:
        assert at - sound.received_at <= MAX_WAIT_S + 1e-6
    heard = [index_of(sound) for _, sound in run.sounds]
    assert heard == sorted(set(heard))
    stats = run.buffer.stats
    held = stats.received - len(heard) - stats.late - stats.duplicate
    assert held <= sum(at > last - MAX_WAIT_S for at, _ in arrivals), "every packet is accounted for"


ANYTHING = st.tuples(
    st.floats(0, 0.2), st.integers(0, 65_535), st.integers(0, 2**32 - 1), st.integers(0, 2), st.binary(max_size=3)
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ANYTHING, max_size=60))
def test_nonsense_never_breaks_it(packets: list[tuple[float, int, int, int, bytes]]) -> None:
    run = Run()
    now = 0.0
    for wait, sequence, timestamp, ssrc, payload in packets:
        now += wait
        run.arrive(now, OpusRtp(sequence, timestamp, ssrc, payload))
    run.until(now + 10)
    deadline = run.buffer.next_deadline
    assert deadline is None if not packets else deadline is not None and 0 < deadline - run.now <= 0.18
    run.check_order()
    assert run.buffer.media_time <= (now + 11) * MEDIA_RATE + 5760 * len(packets)

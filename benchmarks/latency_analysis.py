"""From what the page and the server saw to milliseconds: pure functions.

Two time lines meet here: *positions*, samples counted in the page's microphone track, and *media time*, 48 kHz samples
counted by the server. They differ by a constant (the session's start and the codec's delay), found from bursts that
both sides hear. With it, every motion frame is a measurement, not only those at a burst.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.face.lip_measures import Floats
from stream_engine.clock import MEDIA_RATE

_SAME_MS = 5.0
"""Bursts whose offsets agree within this are the same one; codec and onset detection blur them by about 1 ms."""
_FEWEST_MATCHES = 5


class AlignmentError(RuntimeError):
    """The bursts heard on both sides do not tell one offset."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the server's media time lies against the microphone's positions.

    Attributes:
        offset: media time minus position, in 48 kHz units, median over bursts.
        matches: bursts heard on both sides.
        spread_ms: half the range from the 5th to the 95th percentile of the bursts' offsets; the offset's uncertainty.
    """

    offset: float
    matches: int
    spread_ms: float


@dataclass(frozen=True, slots=True)
class Microphone:
    """When each block of the microphone track arrived in the page.

    Attributes:
        arrival_ms: `[N]`, performance.now().
        start: `[N]` position of each block's first sample, in 48 kHz units.
    """

    arrival_ms: Floats
    start: Floats

    @classmethod
    def of(cls, blocks: Sequence[Sequence[float]], rate: int) -> "Microphone":
        """From the probe's `[arrival, first sample, samples]` at `rate` Hz."""
        table = np.asarray(blocks, np.float64)
        return cls(table[:, 0], table[:, 1] * MEDIA_RATE / rate)

    def check_complete(self, at_most_ms: float = 5.0) -> None:
        """Makes sure that positions and time went on together, from the first quarter to the last.

        Raises:
            AlignmentError: they drifted apart: blocks were lost on the way to the page's script, or the machine is so
                busy that the fake microphone itself stood still.
        """
        quarter = max(len(self.start) // 4, 1)
        lateness = self.arrival_ms - self.start * 1000 / MEDIA_RATE
        drift = float(np.percentile(lateness[-quarter:], 10) - np.percentile(lateness[:quarter], 10))
        if abs(drift) > at_most_ms:
            raise AlignmentError(f"the microphone lost {drift:.0f} ms while it was watched; is the machine too busy?")

    @property
    def unsteadiness_ms(self) -> float:
        """By how much the latest blocks came later than the punctual ones (99th against 10th percentile)."""
        lateness = self.arrival_ms - self.start * 1000 / MEDIA_RATE
        low, high = np.percentile(lateness, [10, 99])
        return float(high - low)

    def instant_of(self, position: ArrayLike) -> Floats:
        """When the sample at a position sounded, ms: its block's arrival less what follows it within the block.

        A block arrives when its last sample is there. Counting from the block's arrival instead would flatter by half a
        block (5 ms) on the average.

        Args:
            position: 48 kHz units; NaN comes back for positions outside the recording.
        """
        wanted = np.asarray(position, np.float64)
        block = np.searchsorted(self.start, wanted, side="right") - 1
        ends = np.append(self.start[1:], self.start[-1] + np.median(np.diff(self.start)))
        inside = (block >= 0) & (wanted < ends[-1])
        block = np.clip(block, 0, None)
        return np.where(inside, self.arrival_ms[block] - (ends[block] - wanted) * 1000 / MEDIA_RATE, np.nan)


def align(positions: ArrayLike, media_times: ArrayLike) -> Alignment:
    """The offset on which most pairs of bursts agree.

    Bursts come at irregular intervals, so that a wrong pairing agrees by chance with few others.

    Args:
        positions: of the bursts in the microphone, 48 kHz units.
        media_times: of the bursts at the server.

    Raises:
        AlignmentError: fewer than five bursts agree.
    """
    differences = np.subtract.outer(np.asarray(media_times, np.float64), np.asarray(positions, np.float64)).ravel()
    reach = _SAME_MS * MEDIA_RATE / 1000
    votes = [np.abs(differences - candidate) <= reach for candidate in differences]
    best = max(votes, key=lambda vote: int(vote.sum()), default=np.zeros(0, bool))
    matches = int(best.sum())
    if matches < _FEWEST_MATCHES:
        raise AlignmentError(
            f"only {matches} bursts agree ({np.size(positions)} in the page, {np.size(media_times)} at the server); "
            "is the microphone's file the one with bursts, and gain control off?"
        )
    low, high = np.percentile(differences[best], [5, 95])
    return Alignment(float(np.median(differences[best])), matches, float(high - low) / 2 * 1000 / MEDIA_RATE)


def since_captured(media_times: ArrayLike, at_ms: ArrayLike, microphone: Microphone, offset: float) -> Floats:
    """Milliseconds from the sound in the microphone track to each event that shows its media time.

    Args:
        media_times: `[N]` instants shown.
        at_ms: `[N]` when, performance.now().
        microphone: the blocks.
        offset: media time minus position.

    Returns:
        `[N]`; NaN where the sound was not recorded.
    """
    return np.asarray(at_ms, np.float64) - microphone.instant_of(np.asarray(media_times, np.float64) - offset)


def first_shown(media_times: ArrayLike, drawn: Sequence[Sequence[float]], last_within_ms: float = 500.0) -> Floats:
    """When the screen first showed each motion frame's instant, or a later one.

    Args:
        media_times: `[N]` instants of motion frames.
        drawn: rows of `[after the paint in ms, media time drawn]`, in order.
        last_within_ms: a media time drawn later than this much media time after the wanted one does not count (the
            page jumped over it).

    Returns:
        `[N]` ms; NaN where it was never shown.
    """
    wanted = np.asarray(media_times, np.float64)
    if not len(drawn):
        return np.full(wanted.shape, np.nan)
    table = np.asarray(drawn, np.float64)
    reached = np.maximum.accumulate(table[:, 1])
    index = np.searchsorted(reached, wanted, side="left")
    found = index < len(reached)
    index = np.minimum(index, len(reached) - 1)
    near = reached[index] - wanted <= last_within_ms * MEDIA_RATE / 1000
    return np.where(found & near, table[index, 0], np.nan)


def percentiles(values: ArrayLike) -> dict[str, float]:
    """p50, p95 and p99, in the unit of `values`.

    Raises:
        ValueError: there are no values.
    """
    found: NDArray[np.float64] = np.asarray(values, np.float64)
    if not found.size:
        raise ValueError("no samples to take percentiles of")
    return {f"p{q}": float(np.percentile(found, q)) for q in (50, 95, 99)}


def stages(message_ms: ArrayLike, timing: Mapping[str, ArrayLike], look_ahead_ms: float) -> dict[str, dict[str, float]]:
    """Percentiles of each stage; `network` is what the server's stages and the look-ahead leave of the whole.

    Args:
        message_ms: `[N]` latency of each message.
        timing: stage → `[N]` ms, from the same messages.
        look_ahead_ms: by which the network waits on purpose.
    """
    known = {name: np.asarray(values, np.float64) for name, values in timing.items()}
    rest = np.asarray(message_ms, np.float64) - look_ahead_ms - sum(known.values(), np.zeros(()))
    return {name: percentiles(values) for name, values in {**known, "network": rest}.items()}

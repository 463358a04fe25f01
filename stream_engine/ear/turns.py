"""When somebody speaks: a pure state machine over voice-activity probabilities.

    quiet ──▶ starting ──▶ speaking ──▶ stopping ──▶ quiet
      ◀──────────┘             ◀───────────┘

A turn starts when the probability stays above a threshold for two chunks, or is overwhelming in one, and ends when it
has stayed low for the hang-over, so that a stop's closure or a breath does not end it. Events carry the media time of
the fact, not of its detection. Voice activity decides turns; it never gates motion.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stream_engine.clock import MEDIA_RATE

CHUNK_MEDIA: Final = 512 * 3
"""Media time one probability covers: 512 samples at 16 kHz, 32 ms."""


class TurnState(StrEnum):
    """Where in a turn the voice is."""

    QUIET = "quiet"
    STARTING = "starting"
    SPEAKING = "speaking"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class TurnRules:
    """When a turn starts and ends.

    The defaults were chosen on read speech at all alignments of the 32 ms grid (`tests/ear/test_vad.py`). A start is
    told at most 84 ms after the speech it names (two chunks and the rest of a tick); Silero itself hears a soft first
    phone late, so that from the first phone it is 100 ms in the mean and 200 at worst. An end is told within the
    hang-over + 100 ms of the last phone.

    Attributes:
        start: probability from which a chunk may begin a turn; two in a row do.
        certain: probability at which one chunk is enough.
        stop: probability under which a turn may end.
        release_ms: how long Silero's probability stays high after the last phone has ended.
        hang_over_ms: how long after the fact a turn is still held open; at least `release_ms`.
        pre_roll_ms: how much sound before the start belongs to the turn: soft first phones are no speech to a VAD.
    """

    start: float = 0.25
    certain: float = 0.4
    stop: float = 0.25
    release_ms: int = 80
    hang_over_ms: int = 300
    pre_roll_ms: int = 200

    def __post_init__(self) -> None:
        if not 0 < self.stop <= self.start <= self.certain <= 1:
            raise ValueError(
                f"need 0 < stop ≤ start ≤ certain ≤ 1, got stop={self.stop}, start={self.start}, certain={self.certain}"
            )
        if not 0 <= self.release_ms <= self.hang_over_ms or self.pre_roll_ms < 0:
            raise ValueError(
                f"need 0 ≤ release_ms ≤ hang_over_ms and 0 ≤ pre_roll_ms, got release_ms={self.release_ms}, "
                f"hang_over_ms={self.hang_over_ms}, pre_roll_ms={self.pre_roll_ms}"
            )


@dataclass(frozen=True, slots=True)
class TurnEvent:
    """A turn's start or end.

    Attributes:
        speaking: true at a start, false at an end.
        media_time: of the first or of the last speech.
        sound_from: at a start, the media time from which sound belongs to the turn (with pre-roll, but never reaching
            into the turn before); at an end, the same as `media_time`.
    """

    speaking: bool
    media_time: int
    sound_from: int


class TurnMachine:
    """Turns of one voice.

    Attributes:
        state: where in a turn the voice is.
    """

    def __init__(self, rules: TurnRules | None = None) -> None:
        self._rules = rules or TurnRules()
        self.state = TurnState.QUIET
        self._since = 0  # media time at which speech began (starting) or ceased (stopping)
        self._began = 0
        self._last_end = 0
        self._heard_to = 0

    @property
    def speaking(self) -> bool:
        """Whether a turn is on; true through the hang-over."""
        return self.state in (TurnState.SPEAKING, TurnState.STOPPING)

    def hear(self, probability: float, media_time: int) -> TurnEvent | None:
        """Takes the next chunk.

        Args:
            probability: that there is speech in it, 0..1.
            media_time: of its first sample; it spans `CHUNK_MEDIA`.
        """
        rules = self._rules
        self._heard_to = media_time + CHUNK_MEDIA
        match self.state:
            case TurnState.QUIET:
                if probability >= rules.start:
                    self._since = media_time
                    if probability >= rules.certain:
                        return self._begin()
                    self.state = TurnState.STARTING
            case TurnState.STARTING:
                if probability >= rules.start:
                    return self._begin()
                self.state = TurnState.QUIET
            case TurnState.SPEAKING:
                if probability < rules.stop:
                    self.state = TurnState.STOPPING
                    # a turn that is all release would end before it began
                    self._since = max(media_time - rules.release_ms * MEDIA_RATE // 1000, self._began)
                    return self._end_if_due()
            case TurnState.STOPPING:
                if probability >= rules.start:
                    self.state = TurnState.SPEAKING
                else:
                    return self._end_if_due()
        return None

    def interrupt(self) -> TurnEvent | None:
        """The stream starts afresh: ends the turn that is on, at the last sound heard, or at its last speech."""
        ended = self._since if self.state is TurnState.STOPPING else self._heard_to
        event = self._end(ended) if self.speaking else None
        self.state, self._last_end = TurnState.QUIET, 0
        return event

    def _begin(self) -> TurnEvent:
        self.state, self._began = TurnState.SPEAKING, self._since
        pre_roll = self._rules.pre_roll_ms * MEDIA_RATE // 1000
        return TurnEvent(True, self._since, max(self._since - pre_roll, self._last_end, 0))

    def _end_if_due(self) -> TurnEvent | None:
        due = self._heard_to - self._since >= self._rules.hang_over_ms * MEDIA_RATE // 1000
        return self._end(self._since) if due else None

    def _end(self, media_time: int) -> TurnEvent:
        self.state, self._last_end = TurnState.QUIET, media_time
        return TurnEvent(False, media_time, media_time)

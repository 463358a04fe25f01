"""The two data channels of a connection: `motion` (binary, may lose) and `control` (JSON, reliable).

The client opens them; a channel of another name, or a second one of the same, is closed at once.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from aiortc import RTCDataChannel
from aiortc.exceptions import InvalidStateError
from pydantic import BaseModel

from stream_engine.clock import Clock
from stream_engine.frames import MotionFrame
from stream_engine.logs import get_logger
from stream_engine.metrics import Metrics
from stream_engine.transport.messages import BadMessageError, Control, decode_control, encode_message
from stream_engine.transport.motion_codec import MOTION_BYTES, MotionMessageError, encode_motion

MOTION_BACKLOG_BYTES: Final = 10 * MOTION_BYTES
"""Motion waiting to be sent (200 ms); beyond it the newest message is dropped: what waits is older than it is worth."""
CONTROL_BACKLOG_BYTES: Final = 64 * 1024
"""Events waiting for a client that does not read; beyond it events are dropped."""
EARLY_EVENTS: Final = 32
"""Events kept until the control channel opens; the oldest is dropped."""
BAD_MESSAGES: Final = 10
"""Bad controls answered in a session; the next one closes the channel."""
CONTROLS_PER_SECOND: Final = 20
"""Controls accepted in the long run; twice as many at once. More are bad messages."""

_log = get_logger(__name__)


class MotionChannel:
    """Sends motion frames, dropping rather than delaying.

    Args:
        session: for the log.
        metrics: counts what is dropped.
    """

    def __init__(self, session: str, metrics: Metrics) -> None:
        self._session = session
        self._channel: RTCDataChannel | None = None
        self._not_open = metrics.dropped_frames.labels("not_open")
        self._congested = metrics.dropped_frames.labels("congested")
        self._not_finite = metrics.dropped_frames.labels("not_finite")
        self._told_not_finite = False

    def attach(self, channel: RTCDataChannel) -> bool:
        """Takes the client's channel; False if there is one already."""
        if self._channel is not None and self._channel.readyState == "open":
            return False
        self._channel = channel
        return True

    def send(self, frame: MotionFrame) -> None:
        """Sends one frame, or drops and counts it."""
        channel = self._channel
        if channel is None or channel.readyState != "open":
            self._not_open.inc()
            return
        if channel.bufferedAmount + MOTION_BYTES > MOTION_BACKLOG_BYTES:
            self._congested.inc()
            return
        try:
            channel.send(encode_motion(frame))
        except MotionMessageError as error:
            self._not_finite.inc()
            if not self._told_not_finite:
                self._told_not_finite = True
                _log.error("motion_not_sent", session=self._session, media_time=frame.media_time, detail=str(error))


class ControlChannel:
    """Sends events and receives controls.

    Args:
        session: for the log.
        greeting: makes the first messages, when the channel opens.
        on_control: called with each good control.
        media_time: the session's present media time, for errors.
        clock: for the rate limit.
        metrics: counts bad messages.
    """

    def __init__(
        self,
        session: str,
        *,
        greeting: Callable[[], Iterable[BaseModel]],
        on_control: Callable[[Control], None],
        on_bad_message: Callable[[str], BaseModel],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._session = session
        self._greeting = greeting
        self._on_control = on_control
        self._on_bad_message = on_bad_message
        self._clock = clock
        self._metrics = metrics
        self._channel: RTCDataChannel | None = None
        self._early: deque[str] = deque(maxlen=EARLY_EVENTS)
        self._greeted = False
        self._bad = 0
        self._allowance = 2.0 * CONTROLS_PER_SECOND
        self._allowance_at = clock.monotonic()

    def attach(self, channel: RTCDataChannel) -> bool:
        """Takes the client's channel and greets; False if there is one already, or it was closed for bad messages."""
        if self._bad > BAD_MESSAGES or (self._channel is not None and self._channel.readyState == "open"):
            return False
        self._channel = channel
        channel.on("message", self._on_message)
        if not self._greeted:
            self._greeted = True
            for message in self._greeting():
                self._send_text(encode_message(message))
        while self._early:
            self._send_text(self._early.popleft())
        return True

    def send(self, event: BaseModel) -> None:
        """Sends an event; before the channel opens it waits (bounded), behind a client that does not read it drops."""
        text = encode_message(event)
        if self._channel is None:
            self._early.append(text)
        else:
            self._send_text(text)

    def _send_text(self, text: str) -> None:
        channel = self._channel
        if channel is None or channel.readyState != "open" or channel.bufferedAmount > CONTROL_BACKLOG_BYTES:
            return
        try:
            channel.send(text)
        except (InvalidStateError, ValueError) as error:  # closing, or longer than the client said it takes
            _log.warning("event_not_sent", session=self._session, detail=str(error))

    def _on_message(self, data: str | bytes) -> None:
        try:
            self._spend_allowance()
            control = decode_control(data)
        except BadMessageError as error:
            self.refuse(str(error))
            return
        self._on_control(control)

    def _spend_allowance(self) -> None:
        now = self._clock.monotonic()
        earned = (now - self._allowance_at) * CONTROLS_PER_SECOND
        self._allowance = min(self._allowance + earned, 2.0 * CONTROLS_PER_SECOND)
        self._allowance_at = now
        if self._allowance < 1:
            raise BadMessageError(f"more than {CONTROLS_PER_SECOND} controls a second; send fewer")
        self._allowance -= 1

    def refuse(self, detail: str) -> None:
        """Answers a bad control, or closes the channel if there were too many."""
        self._bad += 1
        self._metrics.bad_messages.inc()
        if self._bad > BAD_MESSAGES:
            if self._channel is not None and self._channel.readyState == "open":
                _log.warning("control_channel_closed", session=self._session, bad_messages=self._bad)
                self._channel.close()
            return
        _log.warning("bad_message", session=self._session, detail=detail[:200])
        self.send(self._on_bad_message(detail))

"""The speaker of a session: microphone in, motion and events out."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel

from models.face.channels import CHANNELS
from stream_engine.clock import TICK_MEDIA, TICK_MS, Clock
from stream_engine.frames import AudioChunk, Event, EventKind, MotionFrame
from stream_engine.logs import get_logger
from stream_engine.metrics import Metrics
from stream_engine.session import Session
from stream_engine.session_meter import SessionMeter
from stream_engine.settings import IceServer
from stream_engine.stage.style import Style
from stream_engine.transport.messages import (
    Bye,
    Control,
    Direction,
    ErrorEvent,
    Hello,
    Mute,
    Ping,
    Pong,
    Reset,
    ResetEvent,
    Resumed,
    SetStyle,
    SpeechEnded,
    SpeechStarted,
    StyleEvent,
)
from stream_engine.transport.microphone import Microphone
from stream_engine.transport.offer import Fragment, Offer
from stream_engine.transport.peer import Peer, PeerCallbacks

_log = get_logger(__name__)


def event_message(event: Event) -> BaseModel:
    """A session's event as it goes on the wire."""
    match event.kind:
        case EventKind.SPEECH_STARTED:
            return SpeechStarted(media_time=event.media_time)
        case EventKind.SPEECH_ENDED:
            return SpeechEnded(media_time=event.media_time)
        case EventKind.RESUMED:
            return Resumed(media_time=event.media_time)
        case EventKind.ERROR:
            return ErrorEvent(code=event.code or "failed", detail=event.detail, media_time=event.media_time)
        case EventKind.STYLE:
            assert event.style is not None  # an event of this kind carries one
            return style_message(event.style, event.media_time)
        case EventKind.RESET:
            assert event.settings is not None  # an event of this kind carries them
            ticks, seed = event.settings
            return ResetEvent(look_ahead_ms=ticks * TICK_MS, seed=seed, media_time=event.media_time)


def style_message(style: Style, media_time: int) -> StyleEvent:
    """A style as it goes on the wire."""
    target = Direction(yaw=style.gaze_target.yaw, pitch=style.gaze_target.pitch)
    return StyleEvent(**asdict(style) | {"gaze_target": target}, media_time=media_time)


def bad_message(detail: str, media_time: int) -> ErrorEvent:
    """The event that answers a bad control."""
    return ErrorEvent(code="bad_message", detail=detail, media_time=media_time)


def greeting(session: Session, role: Literal["speaker", "viewer"], media_time: int) -> tuple[Hello, StyleEvent]:
    """The first events of a connection."""
    hello = Hello(
        session=session.id,
        role=role,
        look_ahead_ms=session.look_ahead_ticks * TICK_MS,
        seed=session.seed,
        tick_media=TICK_MEDIA,
        channels=list(CHANNELS),
    )
    return hello, style_message(session.style, media_time)


class Speaker:
    """The one connection that gives a session its voice; a sink of that session.

    Args:
        session: where its sound goes.
        meter: the session's meter.
        offer: a checked offer.
        ice_servers: STUN and TURN servers.
        clock: source of time.
        metrics: the server's totals.
        on_lost: called when the connection is gone.
    """

    def __init__(
        self,
        session: Session,
        meter: SessionMeter,
        offer: Offer,
        *,
        ice_servers: tuple[IceServer, ...],
        clock: Clock,
        metrics: Metrics,
        on_lost: Callable[[], None],
    ) -> None:
        self._session = session
        self._meter = meter
        self._clock = clock
        self._on_lost = on_lost
        self._microphone: Microphone | None = None
        self._peer = Peer(
            session.id,
            offer,
            ice_servers=ice_servers,
            callbacks=PeerCallbacks(
                greeting=lambda: greeting(session, "speaker", meter.media_time),
                control=self._on_control,
                bad_message=lambda detail: bad_message(detail, meter.media_time),
                lost=on_lost,
            ),
            clock=clock,
            metrics=metrics,
        )

    async def start(self) -> str:
        """Takes the offer, opens the microphone and returns the SDP answer.

        Raises:
            Refusal: the offer cannot be answered.
        """
        await self._peer.accept()
        self._microphone = Microphone(self._peer.receiver, self._session.push_audio, self._clock, self._on_lost)
        self._microphone.start()
        return await self._peer.answer()

    def on_motion(self, frame: MotionFrame) -> None:
        """Sends a frame."""
        self._peer.motion.send(frame)

    def on_event(self, event: Event) -> None:
        """Sends an event."""
        self._peer.control.send(event_message(event))

    def on_audio(self, chunk: AudioChunk) -> None:
        """Nothing: hearing oneself late makes people stammer."""

    def send_stats(self, viewers: int) -> None:
        """Sends the last second's stats."""
        stats = self._microphone.stats if self._microphone is not None else None
        self._peer.control.send(
            self._meter.take_stats(
                packets_lost=stats.packets_lost if stats else 0,
                packets_concealed=stats.packets_concealed if stats else 0,
                jitter_ms=stats.jitter_ms if stats else 0.0,
                viewers=viewers,
            )
        )

    async def add_candidates(self, fragment: Fragment) -> None:
        """Adds trickled candidates."""
        await self._peer.add_candidates(fragment)

    async def close(self, bye: Bye) -> None:
        """Closes microphone and connection."""
        if self._microphone is not None:
            self._microphone.close()
        await self._peer.close(bye)

    def _on_control(self, control: Control) -> None:
        match control:
            case Ping(id=number):
                self._peer.control.send(Pong(id=number, media_time=self._meter.media_time))
            case Reset(look_ahead_ms=look_ahead_ms, seed=seed):
                ticks = None if look_ahead_ms is None else look_ahead_ms // TICK_MS
                self._session.reset(look_ahead_ticks=ticks, seed=seed)
                _log.info("session_reset", session=self._session.id, look_ahead_ms=look_ahead_ms, seed=seed)
            case SetStyle():
                self._session.restyle(self._session.style.changed(**control.changes()))
            case Mute(muted=muted):
                _log.info("microphone_muted" if muted else "microphone_unmuted", session=self._session.id)

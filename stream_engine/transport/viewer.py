"""A viewer of a session: its sound as a track, its motion on a data channel, paired by media time."""

import secrets
from collections.abc import Callable

from stream_engine.clock import Clock
from stream_engine.frames import AudioChunk, Event, MotionFrame
from stream_engine.metrics import Metrics
from stream_engine.session import Session
from stream_engine.session_meter import SessionMeter
from stream_engine.settings import IceServer
from stream_engine.transport.messages import AudioClock, Bye, Control, Ping, Pong
from stream_engine.transport.offer import Fragment, Offer
from stream_engine.transport.peer import Peer, PeerCallbacks
from stream_engine.transport.speaker import bad_message, event_message, greeting
from stream_engine.transport.voice_track import VoiceTrack


class Viewer:
    """One connection that sees and hears a session; a sink of that session.

    Args:
        viewer_id: its id.
        session: what it views.
        meter: the session's meter.
        offer: a checked offer.
        ice_servers: STUN and TURN servers.
        clock: source of time.
        metrics: the server's totals.
        on_lost: called when the connection is gone.

    Attributes:
        id: its id.
        offer: its offer.
        etag: of the resource /whep/{session}/{id}.
    """

    def __init__(
        self,
        viewer_id: str,
        session: Session,
        meter: SessionMeter,
        offer: Offer,
        *,
        ice_servers: tuple[IceServer, ...],
        clock: Clock,
        metrics: Metrics,
        on_lost: Callable[[], None],
    ) -> None:
        self.id = viewer_id
        self.offer = offer
        self.etag = f'"{secrets.token_hex(8)}"'
        self._meter = meter
        self._track = VoiceTrack()
        self._rtp_at_zero: int | None = None
        self._peer = Peer(
            viewer_id,
            offer,
            ice_servers=ice_servers,
            callbacks=PeerCallbacks(
                greeting=lambda: greeting(session, "viewer", meter.media_time),
                control=self._on_control,
                bad_message=lambda detail: bad_message(detail, meter.media_time),
                lost=on_lost,
            ),
            clock=clock,
            metrics=metrics,
            track=self._track,
        )

    async def start(self) -> str:
        """Takes the offer and returns the SDP answer.

        Raises:
            Refusal: the offer cannot be answered.
        """
        await self._peer.accept()
        return await self._peer.answer()

    def on_motion(self, frame: MotionFrame) -> None:
        """Sends a frame."""
        self._peer.motion.send(frame)

    def on_event(self, event: Event) -> None:
        """Sends an event."""
        self._peer.control.send(event_message(event))

    def on_audio(self, chunk: AudioChunk) -> None:
        """Sends sound, once there is a connection to take it."""
        if self._peer.state != "connected":
            return
        self._track.push(chunk)
        self._tell_audio_clock()

    async def add_candidates(self, fragment: Fragment) -> None:
        """Adds trickled candidates."""
        await self._peer.add_candidates(fragment)

    async def close(self, bye: Bye) -> None:
        """Ends track and connection."""
        self._track.stop()
        await self._peer.close(bye)

    def _tell_audio_clock(self) -> None:
        """Tells the viewer how RTP and media time hang together, as soon as it is known and when it changes."""
        at_zero = self._track.rtp_timestamp_at_media_zero(self._peer.sender)
        if at_zero is not None and at_zero != self._rtp_at_zero:
            self._rtp_at_zero = at_zero
            self._peer.control.send(AudioClock(rtp_timestamp=at_zero))

    def _on_control(self, control: Control) -> None:
        if isinstance(control, Ping):
            self._peer.control.send(Pong(id=control.id, media_time=self._meter.media_time))
            return
        self._peer.control.refuse(f"a viewer may send ping only, not {control.type}")

"""All live sessions and their viewers: opening, finding, ending; nothing runs for a dead session.

Every road to an end (DELETE, a lost connection, idleness, shutdown) leads through :meth:`SessionRegistry.end`, which
frees the engine's slot at once and then says goodbye to each connection in a task of its own.
"""

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal

from stream_engine.clock import Clock
from stream_engine.engine import Engine, EngineFullError, EngineNotReadyError
from stream_engine.logs import get_logger
from stream_engine.metrics import Metrics
from stream_engine.security import Refusal
from stream_engine.session import Session
from stream_engine.session_meter import SessionMeter
from stream_engine.settings import Settings
from stream_engine.transport.messages import Bye
from stream_engine.transport.offer import Offer
from stream_engine.transport.speaker import Speaker
from stream_engine.transport.viewer import Viewer

SWEEP_S: Final = 1.0
"""Between two rounds of stats and idle checks."""
DRAIN_TIMEOUT_S: Final = 5.0
"""How long the goodbye to all sessions may take."""

EndReason = Literal["closed", "idle", "shutting_down", "failed"]
_log = get_logger(__name__)


@dataclass(eq=False)
class LiveSession:
    """A session with its connections.

    Attributes:
        session: the voice.
        meter: what its stats are made of.
        offer: the speaker's offer.
        speaker: the speaker's connection.
        viewers: by id.
        etag: of the resource /whip/{id}.
    """

    session: Session
    meter: SessionMeter
    offer: Offer
    speaker: Speaker
    viewers: dict[str, Viewer] = field(default_factory=dict)
    viewers_opening: int = 0
    etag: str = field(default_factory=lambda: f'"{secrets.token_hex(8)}"')

    @property
    def id(self) -> str:
        """The session's id."""
        return self.session.id


class SessionRegistry:
    """The server's sessions.

    Args:
        settings: limits, time-outs, ICE servers.
        engine: where slots come from.
        clock: source of time.
        metrics: the server's totals.

    Attributes:
        draining: no new sessions are taken.
    """

    def __init__(self, settings: Settings, engine: Engine, clock: Clock, metrics: Metrics) -> None:
        self.draining = False
        self._settings = settings
        self._engine = engine
        self._clock = clock
        self._metrics = metrics
        self._sessions: dict[str, LiveSession] = {}
        self._opening = 0
        self._endings: dict[str, asyncio.Task[None]] = {}
        self._sweeper: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def ready(self) -> bool:
        """Whether sessions are taken."""
        return self._engine.ready and not self.draining

    def start(self) -> None:
        """Begins the rounds of stats and idle checks."""
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep_forever(), name="session-sweeper")

    async def open_session(self, offer: Offer, *, look_ahead_ticks: int, seed: int) -> tuple[LiveSession, str]:
        """Opens a session and answers its speaker's offer.

        Args:
            offer: a checked offer.
            look_ahead_ticks: 0..5.
            seed: of the sampler.

        Returns:
            The session and the SDP answer.

        Raises:
            Refusal: 503, full, not ready or shutting down; 422, the offer cannot be answered.
        """
        self._check_open()
        if len(self._sessions) + self._opening >= self._settings.max_sessions:
            raise Refusal(503, "full", f"All {self._settings.max_sessions} sessions are taken; try again later.")
        session = self._new_session(look_ahead_ticks, seed)
        meter = SessionMeter(self._metrics)
        speaker = Speaker(
            session,
            meter,
            offer,
            ice_servers=self._settings.ice_servers,
            clock=self._clock,
            metrics=self._metrics,
            on_lost=partial(self._on_speaker_lost, session.id),
        )
        self._opening += 1
        try:
            answer = await speaker.start()
            self._check_open()
        except BaseException:
            session.close()
            await speaker.close(Bye(reason="failed"))
            raise
        finally:
            self._opening -= 1
        live = LiveSession(session, meter, offer, speaker)
        self._sessions[session.id] = live
        session.attach(meter)
        session.attach(speaker)
        self._metrics.sessions.set(len(self._sessions))
        self._metrics.sessions_opened.inc()
        _log.info("session_opened", session=session.id, look_ahead_ticks=look_ahead_ticks, sessions=len(self._sessions))
        return live, answer

    async def open_viewer(self, session_id: str, offer: Offer) -> tuple[Viewer, str]:
        """Opens a viewer of a session and answers its offer.

        Raises:
            Refusal: 404, no such session; 503, it has its full number of viewers; 422, the offer cannot be answered.
        """
        self._check_open()
        live = self.session(session_id)
        limit = self._settings.max_viewers
        if len(live.viewers) + live.viewers_opening >= limit:
            raise Refusal(503, "viewers_full", f"The session has its {limit} viewers; try again later.")
        viewer_id = secrets.token_urlsafe(12)
        viewer = Viewer(
            viewer_id,
            live.session,
            live.meter,
            offer,
            ice_servers=self._settings.ice_servers,
            clock=self._clock,
            metrics=self._metrics,
            on_lost=partial(self._on_viewer_lost, session_id, viewer_id),
        )
        live.viewers_opening += 1
        try:
            answer = await viewer.start()
            self.session(session_id)  # it may have ended meanwhile
        except BaseException:
            await viewer.close(Bye(reason="failed"))
            raise
        finally:
            live.viewers_opening -= 1
        live.viewers[viewer_id] = viewer
        live.session.attach(viewer)
        self._count_viewers()
        _log.info("viewer_opened", session=session_id, viewer=viewer_id, viewers=len(live.viewers))
        return viewer, answer

    def session(self, session_id: str) -> LiveSession:
        """A live session.

        Raises:
            Refusal: 404, there is none of that id.
        """
        live = self._sessions.get(session_id)
        if live is None:
            raise Refusal(404, "unknown_session", "There is no such session; it may have ended. POST /whip opens one.")
        return live

    def viewer(self, session_id: str, viewer_id: str) -> Viewer:
        """A session's viewer.

        Raises:
            Refusal: 404, there is none of that id.
        """
        viewer = self.session(session_id).viewers.get(viewer_id)
        if viewer is None:
            raise Refusal(404, "unknown_viewer", "There is no such viewer; POST /whep/{session} opens one.")
        return viewer

    async def end(self, session_id: str, reason: EndReason) -> None:
        """Ends a session and returns when nothing of it is left.

        Raises:
            Refusal: 404, there is none of that id.
        """
        self.session(session_id)
        await asyncio.shield(self._end_later(session_id, reason))

    async def close_viewer(self, session_id: str, viewer_id: str, reason: EndReason = "closed") -> None:
        """Closes a viewer's connection and returns when nothing of it is left.

        Raises:
            Refusal: 404, there is none of that id.
        """
        self.viewer(session_id, viewer_id)
        await asyncio.shield(self._close_viewer_later(session_id, viewer_id, reason))

    def sweep(self) -> None:
        """One round: stats to every speaker, an end to the idle."""
        now = self._clock.monotonic()
        for live in list(self._sessions.values()):
            if now - live.session.last_audio_at > self._settings.idle_timeout_s:
                self._end_later(live.id, "idle")
            else:
                live.speaker.send_stats(len(live.viewers))

    async def drain(self) -> None:
        """Takes no more sessions, says goodbye to all and returns within `DRAIN_TIMEOUT_S`."""
        self.draining = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
            self._sweeper = None
        for session_id in list(self._sessions):
            self._end_later(session_id, "shutting_down")
        if self._endings:
            _, late = await asyncio.wait(self._endings.values(), timeout=DRAIN_TIMEOUT_S)
            for task in late:
                task.cancel()
                _log.error("ending_timed_out", task=task.get_name())

    def _check_open(self) -> None:
        if self.draining:
            raise Refusal(503, "shutting_down", "The server is shutting down; try again in a moment.")

    def _new_session(self, look_ahead_ticks: int, seed: int) -> Session:
        session_id = secrets.token_urlsafe(12)
        try:
            return Session(session_id, self._engine, look_ahead_ticks=look_ahead_ticks, seed=seed, clock=self._clock)
        except EngineFullError as error:
            raise Refusal(503, "full", f"The engine has no free slot ({error}); try again later.") from error
        except EngineNotReadyError as error:
            raise Refusal(503, "not_ready", f"The engine is not ready ({error}); try again in a moment.") from error

    def _on_speaker_lost(self, session_id: str) -> None:
        self._end_later(session_id, "failed")

    def _on_viewer_lost(self, session_id: str, viewer_id: str) -> None:
        self._close_viewer_later(session_id, viewer_id, "failed")

    def _end_later(self, session_id: str, reason: EndReason) -> asyncio.Task[None]:
        """Frees a session's slot now and its connections in a task; a second call joins the first."""
        live = self._sessions.pop(session_id, None)
        if live is None:
            return self._endings.get(session_id) or self._own(f"session-end-{session_id}", session_id, _nothing())
        live.session.detach(live.meter)
        live.session.detach(live.speaker)
        viewers = list(live.viewers.values())
        live.viewers.clear()
        for viewer in viewers:
            live.session.detach(viewer)
        live.session.close()
        self._metrics.sessions.set(len(self._sessions))
        self._metrics.sessions_closed.labels(reason).inc()
        self._count_viewers()
        _log.info(
            "session_ended", session=session_id, reason=reason, media_time=live.meter.media_time, viewers=len(viewers)
        )
        bye = Bye(reason=reason)
        closing = [live.speaker.close(bye), *(viewer.close(bye) for viewer in viewers)]
        return self._own(f"session-end-{session_id}", session_id, _all(closing))

    def _close_viewer_later(self, session_id: str, viewer_id: str, reason: EndReason = "failed") -> asyncio.Task[None]:
        live = self._sessions.get(session_id)
        viewer = live.viewers.pop(viewer_id, None) if live is not None else None
        if live is None or viewer is None:
            return self._endings.get(viewer_id) or self._own(f"viewer-end-{viewer_id}", viewer_id, _nothing())
        live.session.detach(viewer)
        self._count_viewers()
        _log.info("viewer_ended", session=session_id, viewer=viewer_id, reason=reason, viewers=len(live.viewers))
        return self._own(f"viewer-end-{viewer_id}", viewer_id, viewer.close(Bye(reason=reason)))

    def _own(self, name: str, key: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._endings[key] = task

        def done(finished: asyncio.Task[None]) -> None:
            self._endings.pop(key, None)
            if not finished.cancelled() and (error := finished.exception()) is not None:
                _log.error("ending_failed", task=name, exc_info=error)

        task.add_done_callback(done)
        return task

    def _count_viewers(self) -> None:
        self._metrics.viewers.set(sum(len(live.viewers) for live in self._sessions.values()))

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                self.sweep()
            except Exception:  # one session's fault must not end the rounds for all
                _log.exception("sweep_failed")


async def _nothing() -> None:
    return


async def _all(work: list[Coroutine[Any, Any, None]]) -> None:
    for outcome in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(outcome, BaseException):
            _log.error("connection_close_failed", exc_info=outcome)

"""One WebRTC connection: an aiortc peer connection with an owner, a deadline and an end.

Speaker and viewer differ in which way the sound goes and in who listens to their controls; all else is here.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from aiortc import RTCDataChannel, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, RTCSessionDescription
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcrtpparameters import RTCRtpCodecCapability
from pydantic import BaseModel

from stream_engine.clock import Clock
from stream_engine.logs import get_logger
from stream_engine.metrics import Metrics
from stream_engine.security import Refusal
from stream_engine.settings import IceServer
from stream_engine.transport.data_channels import ControlChannel, MotionChannel
from stream_engine.transport.ice import rtc_configuration
from stream_engine.transport.messages import Bye, Control
from stream_engine.transport.offer import MAX_CANDIDATES, Fragment, Offer, write_answer

CONNECT_TIMEOUT_S: Final = 20.0
"""A client that has not connected so long after its answer is gone."""
CLOSE_TIMEOUT_S: Final = 3.0
"""How long the goodbye to a connection may take."""
BYE_GRACE_S: Final = 0.05
"""Head start of the last event before the association is aborted."""

_OPUS: Final = RTCRtpCodecCapability(mimeType="audio/opus", clockRate=48_000, channels=2)
_log = get_logger(__name__)


@dataclass(frozen=True)
class PeerCallbacks:
    """Whom a peer tells what; all are called on the event loop.

    Attributes:
        greeting: makes the first events.
        control: a good control came.
        bad_message: makes the event that answers a bad one.
        lost: the connection failed, was closed by the other side, or never came about.
    """

    greeting: Callable[[], Iterable[BaseModel]]
    control: Callable[[Control], None]
    bad_message: Callable[[str], BaseModel]
    lost: Callable[[], None]


class Peer:
    """A connection from its offer to its end.

    Args:
        name: session or viewer, for log and tasks.
        offer: a checked offer.
        ice_servers: STUN and TURN servers to use.
        callbacks: whom to tell what.
        clock: for rate limits.
        metrics: counts what is dropped.
        track: sound to send to the client; None to receive the client's.

    Attributes:
        motion: its motion channel.
        control: its control channel.
    """

    def __init__(
        self,
        name: str,
        offer: Offer,
        *,
        ice_servers: tuple[IceServer, ...],
        callbacks: PeerCallbacks,
        clock: Clock,
        metrics: Metrics,
        track: MediaStreamTrack | None = None,
    ) -> None:
        self._name = name
        self._offer = offer
        self._callbacks = callbacks
        self._connection = RTCPeerConnection(rtc_configuration(ice_servers))
        self._audio = (
            self._connection.addTransceiver("audio", direction="recvonly")
            if track is None
            else self._connection.addTransceiver(track, direction="sendonly")
        )
        self._audio.setCodecPreferences([_OPUS])
        self._candidates = 0
        self._connected = False
        self._closed = False
        self._deadline: asyncio.TimerHandle | None = None
        self.motion = MotionChannel(name, metrics)
        self.control = ControlChannel(
            name,
            greeting=callbacks.greeting,
            on_control=callbacks.control,
            on_bad_message=callbacks.bad_message,
            clock=clock,
            metrics=metrics,
        )
        self._connection.on("datachannel", self._on_data_channel)
        self._connection.on("connectionstatechange", self._on_state)

    @property
    def receiver(self) -> RTCRtpReceiver:
        """What receives the client's sound."""
        return self._audio.receiver

    @property
    def sender(self) -> RTCRtpSender:
        """What sends sound to the client."""
        return self._audio.sender

    @property
    def state(self) -> str:
        """State of the connection: new, connecting, connected, failed or closed."""
        return self._connection.connectionState

    async def accept(self) -> None:
        """Takes the offer in; `receiver.track` exists afterwards.

        Raises:
            Refusal: 422, aiortc cannot make a connection of it.
        """
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(self._offer.sdp, "offer"))
        except (InvalidAccessError, InvalidStateError, OperationError, ValueError) as error:
            raise Refusal(422, "unacceptable_offer", f"The offer cannot be answered: {error}.") from error

    async def answer(self) -> str:
        """Gathers candidates, begins to listen and returns the SDP answer."""
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(CONNECT_TIMEOUT_S, self._give_up)
        return write_answer(self._connection.localDescription.sdp, self._offer)

    async def add_candidates(self, fragment: Fragment) -> None:
        """Adds trickled candidates, up to a bound; further ones are ignored."""
        for candidate in fragment.candidates:
            if self._candidates >= MAX_CANDIDATES or self._closed:
                return
            self._candidates += 1
            await self._connection.addIceCandidate(candidate)

    async def close(self, bye: Bye) -> None:
        """Says goodbye and frees everything; returns within `CLOSE_TIMEOUT_S`. Later calls do nothing."""
        if self._closed:
            return
        self._closed = True
        self._disarm()
        if self._connected and self._connection.connectionState == "connected":
            self.control.send(bye)
            await asyncio.sleep(BYE_GRACE_S)
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._connection.close()
        except TimeoutError:
            _log.error("connection_close_timed_out", peer=self._name)

    def _on_data_channel(self, channel: RTCDataChannel) -> None:
        taken = not self._closed and (
            (channel.label == "motion" and self.motion.attach(channel))
            or (channel.label == "control" and self.control.attach(channel))
        )
        if not taken:
            _log.warning("data_channel_refused", peer=self._name, label=channel.label[:40])
            channel.close()

    def _on_state(self) -> None:
        state = self._connection.connectionState
        _log.debug("connection_state", peer=self._name, state=state)
        if state == "connected":
            self._connected = True
            self._disarm()
        elif state in ("failed", "closed") and not self._closed:
            self._disarm()
            self._callbacks.lost()

    def _give_up(self) -> None:
        self._deadline = None
        _log.warning("connection_timed_out", peer=self._name, after_s=CONNECT_TIMEOUT_S)
        self._callbacks.lost()

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

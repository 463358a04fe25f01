"""A WHIP or WHEP client made of aiortc, for tests: what a browser does, without the browser."""

import asyncio
import math
from fractions import Fraction
from typing import Any

import av
import httpx
import numpy as np
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from stream_engine.transport.messages import decode_event
from stream_engine.transport.motion_codec import MotionMessage, decode_motion

TIMEOUT_S = 20.0
"""How long anything may take before a test gives up on it."""


class Tone(AudioStreamTrack):
    """A 200 Hz tone at half scale, 48 kHz, 20 ms at a time, paced by aiortc."""

    _phase = 0

    async def recv(self) -> av.AudioFrame:
        paced = await super().recv()
        t = np.arange(self._phase, self._phase + 960)
        self._phase += 960
        pcm = (16384 * np.sin(2 * math.pi * 200 * t / 48_000)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        assert paced.pts is not None
        frame.sample_rate, frame.pts, frame.time_base = 48_000, int(t[0]), Fraction(1, 48_000)
        return frame


class VoiceClient:
    """One connection, speaker's or viewer's.

    Attributes:
        location: of the resource on the server, once connected.
        messages: motion messages as they came.
        events: events not yet waited for.
    """

    def __init__(self, http: httpx.AsyncClient, *, viewer: bool = False) -> None:
        self._http = http
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        if viewer:
            self.connection.addTransceiver("audio", direction="recvonly")
        else:
            self.connection.addTrack(Tone())
        self.motion = self.connection.createDataChannel("motion", ordered=False, maxRetransmits=0)
        self.control = self.connection.createDataChannel("control")
        self.location = ""
        self.messages: list[MotionMessage] = []
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._motion_came = asyncio.Event()
        self.closed: dict[str, asyncio.Event] = {"motion": asyncio.Event(), "control": asyncio.Event()}
        self.motion.on("message", self._on_motion)
        self.control.on("message", self._on_control)
        self.motion.on("close", self.closed["motion"].set)
        self.control.on("close", self.closed["control"].set)

    async def offer(self) -> str:
        """The offer, with all candidates."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def connect(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """POSTs the offer and takes the answer in; returns it."""
        answer = await self._http.post(
            path, content=await self.offer(), headers={"Content-Type": "application/sdp", **(headers or {})}
        )
        assert answer.status_code == 201, answer.text
        self.location = answer.headers["Location"]
        await self.connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        return answer

    async def event(self, wanted: str) -> dict[str, Any]:
        """The next event of a type; others before it are let go."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                event = await self.events.get()
                if event["type"] == wanted:
                    return event

    async def frames(self, count: int) -> list[MotionMessage]:
        """Motion messages, once there are so many."""
        async with asyncio.timeout(TIMEOUT_S):
            while len(self.messages) < count:
                self._motion_came.clear()
                await self._motion_came.wait()
        return self.messages

    async def send(self, message: str | bytes) -> None:
        """Sends on the control channel."""
        self.control.send(message)

    def open_channel(self, label: str) -> tuple[RTCDataChannel, asyncio.Event]:
        """Opens a further data channel; the event is set when it is closed."""
        channel, closed = self.connection.createDataChannel(label), asyncio.Event()
        channel.on("close", closed.set)
        return channel, closed

    async def close(self) -> None:
        """Closes the connection without telling the server by HTTP."""
        await self.connection.close()

    def _on_motion(self, data: bytes) -> None:
        self.messages.append(decode_motion(data))
        self._motion_came.set()

    def _on_control(self, data: str) -> None:
        event = decode_event(data)
        self.events.put_nowait(event.model_dump(by_alias=True))

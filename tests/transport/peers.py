"""Two ends of a WebRTC connection inside one test, and what the tests of sound share."""

import asyncio

import numpy as np
from aiortc import RTCPeerConnection
from numpy.typing import NDArray

from stream_engine.frames import AudioChunk


def noise(samples: int, seed: int = 0) -> NDArray[np.int16]:
    """Smoothed noise: broad enough to be located to the sample, band-limited enough for Opus to keep its waveform."""
    rough = np.random.default_rng(seed).normal(0, 20_000, samples + 15)
    return np.convolve(rough, np.ones(16) / 16, "valid").astype(np.int16)


class ChunkLog:
    """An `on_audio` that remembers, and lets a test await."""

    def __init__(self) -> None:
        self.chunks: list[AudioChunk] = []
        self._changed = asyncio.Event()

    def __call__(self, chunk: AudioChunk) -> None:
        self.chunks.append(chunk)
        self._changed.set()

    async def reach(self, count: int) -> None:
        while len(self.chunks) < count:
            self._changed.clear()
            await self._changed.wait()


async def connect(offering: RTCPeerConnection, answering: RTCPeerConnection) -> None:
    """Signals one to the other and returns when both are connected."""
    states = [_connected(offering), _connected(answering)]
    await offering.setLocalDescription(await offering.createOffer())
    await answering.setRemoteDescription(offering.localDescription)
    await answering.setLocalDescription(await answering.createAnswer())
    await offering.setRemoteDescription(answering.localDescription)
    await asyncio.gather(*states)


def _connected(peer: RTCPeerConnection) -> "asyncio.Future[None]":
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def look() -> None:
        if peer.connectionState == "connected" and not done.done():
            done.set_result(None)

    peer.on("connectionstatechange", look)
    return done

"""Predicted motion for clips: the network streamed from a fresh state, many clips and all seeds in one batch.

The stream is cut into chunks of a second, not of a tick: streaming gives the same frames however it is chunked (a
property the model's tests prove), and a chunk costs little more than a tick. The frames are those of
`stream_engine.animate`, seed for seed; it cannot be used here, because training measures networks that are in no zoo.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.lip_clips import Clip
from models.thunder import Thunder
from models.ticks import TICK_MS

_CHUNK_TICKS = 50
_BATCH = 64


def predict(
    model: Thunder, clips: Sequence[Clip], seeds: Sequence[int], *, look_ahead_ms: int = 60
) -> dict[str, NDArray[np.float32]]:
    """Channels `[seeds, T, 61]` of each clip by name; frame k shows the instant 20·k ms, T = ceil(duration / 20 ms).

    Args:
        model: the network.
        clips: sounds at 16 kHz.
        seeds: one slot each, per clip.
        look_ahead_ms: multiple of 20, within the model's range.

    Raises:
        ValueError: the look-ahead is none the model offers.
    """
    ticks = look_ahead_ms // TICK_MS
    if look_ahead_ms % 20 or ticks not in model.spec.look_ahead_ticks:
        offered = ", ".join(str(20 * tick) for tick in model.spec.look_ahead_ticks)
        raise ValueError(f"no look-ahead of {look_ahead_ms} ms; the model offers {offered}")
    # Clips of like length share a batch, so that little of it is padding.
    order = sorted(((clip, seed) for clip in clips for seed in seeds), key=lambda pair: pair[0].frames)
    rows: dict[tuple[str, int], NDArray[np.float32]] = {}
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        for (clip, seed), motion in zip(batch, _stream(model, batch, ticks), strict=True):
            rows[clip.name, seed] = motion[: clip.frames]
    return {clip.name: np.stack([rows[clip.name, seed] for seed in seeds]) for clip in clips}


@torch.inference_mode()
def _stream(model: Thunder, batch: Sequence[tuple[Clip, int]], look_ahead: int) -> NDArray[np.float32]:
    """Frames `[B, T, 61]` of every slot from instant 0 on, T being those of the longest clip.

    The step that consumed tick n shows the instant n + 1 - look-ahead: with a look-ahead of 0, instant 0 takes a tick
    of silence before the sound.
    """
    tick = model.spec.tick_samples
    before = 1 if look_ahead == 0 else 0
    warm_up = max(look_ahead - 1, 0)
    steps = max(clip.frames for clip, _ in batch) + warm_up
    audio = np.zeros((len(batch), steps * tick), np.float32)
    noise = np.empty((len(batch), steps, model.spec.noise_size), np.float32)
    for row, (clip, seed) in enumerate(batch):
        sound = clip.audio[: (steps - before) * tick]
        audio[row, before * tick : before * tick + len(sound)] = sound
        # As the engine draws it: one row of numbers per tick, from the slot's seed alone.
        np.random.Generator(np.random.Philox(seed)).standard_normal(out=noise[row], dtype=np.float32)
    state = model.init_state(len(batch))
    dial = torch.full((len(batch),), look_ahead)
    parts = []
    for at in range(0, steps, _CHUNK_TICKS):
        end = min(at + _CHUNK_TICKS, steps)
        chunk = torch.from_numpy(audio[:, at * tick : end * tick])
        parts.append(model.advance(chunk, dial, torch.from_numpy(noise[:, at:end]), state))
    return torch.cat(parts, dim=1)[:, warm_up:].numpy()

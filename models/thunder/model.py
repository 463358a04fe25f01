"""THUNDER, live: speech in, 61 channels of face motion out, one tick at a time.

Log-mel → causal speech encoder (50 Hz) → causal transformer over a ring of keys and values → flow head. Liveliness
enters as filtered noise from the slot's seed (`behaviour`). Look-ahead is a dial: the network is told how many ticks
of sound it has beyond the frame it must show.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor, nn

from kernels.ring_attention.reference import ring_distances
from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT
from models.flow.head import FlowHead
from models.layers.conv import CausalConv1d
from models.layers.mel import LogMel
from models.layers.transformer import RingBlock
from models.speech.encoder import SpeechEncoder
from models.streaming import AvatarSpec, Control, rows
from models.thunder.drives import BEHAVIOURS, BLINK_THRESHOLD, DRIVES, NoiseFilter, drives

MAX_LOOK_AHEAD_TICKS = 5


@dataclass(frozen=True, slots=True)
class ThunderConfig:
    """Sizes of the network; stored beside its weights."""

    name: str = "thunder-base"
    dim: int = 192
    layers: int = 4
    heads: int = 4
    feed_forward: int = 512
    window: int = 48
    behaviour_dim: int = 32
    behaviour_kernel: int = 18
    head_width: int = 192
    flow_steps: int = 1
    phone_classes: int = 40


@dataclass(slots=True)
class ThunderState:
    """State of every slot, one row each.

    Attributes:
        audio_tail: `[B, 240]`, samples the next mel frame still reaches.
        encoder_tails: `[B, n, C]` each, inputs the encoder's convolutions still reach.
        noise_poles: `[B, 2, N]`, the noise filter's memory.
        behaviour_tail: `[B, n, C]`, behaviour features the convolution still reaches.
        position: `[B]` int64, ticks since the slot's reset.
        ring_keys: `[B, heads, window, dim / heads]` per layer; position p in row p mod window.
        ring_values: as `ring_keys`.
    """

    audio_tail: Tensor
    encoder_tails: list[Tensor]
    noise_poles: Tensor
    behaviour_tail: Tensor
    position: Tensor
    ring_keys: list[Tensor]
    ring_values: list[Tensor]

    def reset(self, mask: Tensor) -> None:
        """Starts the rows where `mask` `[B]` is true afresh."""
        for tensor in self.tensors().values():
            tensor.masked_fill_(rows(mask, tensor), 0)

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by name, lists numbered: `ring_keys_0`, `ring_keys_1` and so on."""
        out: dict[str, Tensor] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            out |= (
                {f"{field.name}_{i}": v for i, v in enumerate(value)}
                if isinstance(value, list)
                else {field.name: value}
            )
        return out

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> Self:
        """The inverse of :meth:`tensors`."""
        values: dict[str, Tensor | list[Tensor]] = {}
        for field in fields(cls):
            numbered = [tensors[name] for name in tensors if name.rpartition("_")[0] == field.name]
            values[field.name] = tensors.get(field.name, numbered)
        return cls(**values)  # type: ignore[arg-type]  # the fields' own types decide which are lists


@dataclass(slots=True)
class ContextStep:
    """What one pass over a chunk yields.

    Attributes:
        context: `[B, T, context]`, the flow head's condition.
        flow_noise: `[B, T, 61]`, where its path starts.
        speech: `[B, T, dim]`, the backbone's features (for auxiliary losses).
        state: every tensor of the state after the chunk but the rings.
        keys: `[B, heads, T, dim / heads]` per layer, to be written into the ring.
        values: as `keys`.
    """

    context: Tensor
    flow_noise: Tensor
    speech: Tensor
    state: dict[str, Tensor]
    keys: list[Tensor]
    values: list[Tensor]


class Thunder(nn.Module):
    """Speech to face motion (arXiv 2504.13386), causal and streaming."""

    def __init__(self, config: ThunderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or ThunderConfig()
        self.mel = LogMel()
        self.encoder = SpeechEncoder(config.dim)
        self.look_ahead = nn.Embedding(MAX_LOOK_AHEAD_TICKS + 1, config.dim)
        self.blocks = nn.ModuleList(
            RingBlock(config.dim, config.heads, config.feed_forward, config.window) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.dim)
        self.noise = NoiseFilter(CHANNEL_COUNT)
        self.behaviour_in = nn.Sequential(
            nn.Linear(DRIVES, 2 * config.behaviour_dim),
            nn.GELU(),
            nn.Linear(2 * config.behaviour_dim, config.behaviour_dim),
            nn.GELU(),
        )
        self.behaviour = CausalConv1d(config.behaviour_dim, config.behaviour_dim, config.behaviour_kernel)
        self.flow = FlowHead(CHANNEL_COUNT, config.dim + 2 * config.behaviour_dim, config.head_width)
        self.phones = nn.Linear(config.dim, config.phone_classes)  # an auxiliary task while training
        self.spec = AvatarSpec(
            name=config.name,
            sample_rate=16_000,
            tick_samples=320,
            frame_shape=(CHANNEL_COUNT,),
            frames_per_tick=1,
            look_ahead_ticks=tuple(range(MAX_LOOK_AHEAD_TICKS + 1)),
            default_look_ahead_ticks=3,
            noise_size=self.noise.size,
            blink_noise=BEHAVIOURS.index("blink"),
            blink_threshold=BLINK_THRESHOLD,
        )

    def init_state(self, batch_size: int) -> ThunderState:
        """A fresh state for `batch_size` slots."""
        config = self.config
        ring = (batch_size, config.heads, config.window, config.dim // config.heads)
        return ThunderState(
            audio_tail=torch.zeros(batch_size, LogMel.TAIL),
            encoder_tails=self.encoder.init_tails(batch_size),
            noise_poles=self.noise.init_state(batch_size),
            behaviour_tail=self.behaviour.init_tail(batch_size),
            position=torch.zeros(batch_size, dtype=torch.int64),
            ring_keys=[torch.zeros(ring) for _ in self.blocks],
            ring_values=[torch.zeros(ring) for _ in self.blocks],
        )

    def contexts(self, audio: Tensor, look_ahead: Tensor, noise: Tensor, state: ThunderState) -> ContextStep:
        """One pass of encoder and backbone over a chunk; changes nothing in place.

        Args:
            audio: `[B, T * 320]`.
            look_ahead: `[B]` int64.
            noise: `[B, T, noise_size]`.
            state: before the chunk.
        """
        mel, audio_tail = self.mel(audio, state.audio_tail)
        return self.contexts_of_mel(mel, audio_tail, look_ahead, noise, state)

    def contexts_of_mel(
        self, mel: Tensor, audio_tail: Tensor, look_ahead: Tensor, noise: Tensor, state: ThunderState
    ) -> ContextStep:
        """As :meth:`contexts`, from the log-mel `[B, 2T, 80]` on (training keeps the mel alone in full precision)."""
        x, tails = self.encoder(mel, state.encoder_tails)
        x = x + self.look_ahead(look_ahead)[:, None]
        distances = ring_distances(state.position, self.config.window, x.shape[1])
        keys, values = [], []
        for block, ring_keys, ring_values in zip(self.blocks, state.ring_keys, state.ring_values, strict=True):
            x, key, value = block(x, ring_keys, ring_values, distances)
            keys.append(key)
            values.append(value)
        x = self.norm(x)
        smooth, noise_poles = self.noise(noise, state.noise_poles)
        count = len(BEHAVIOURS)
        features = self.behaviour_in(drives(smooth[..., :count], noise[..., :count]))
        recent, behaviour_tail = self.behaviour(features, state.behaviour_tail)
        return ContextStep(
            context=torch.cat([x, features, recent], dim=-1),
            flow_noise=smooth[..., count:],
            speech=x,
            state={
                "audio_tail": audio_tail,
                **{f"encoder_tails_{i}": tail for i, tail in enumerate(tails)},
                "noise_poles": noise_poles,
                "behaviour_tail": behaviour_tail,
                "position": state.position + x.shape[1],
            },
            keys=keys,
            values=values,
        )

    def frames(self, step: ContextStep, flow_steps: int | None = None) -> Tensor:
        """Samples the chunk's frames `[B, T, 61]`; blendshapes clamped to 0..1."""
        motion = self.flow.sample(step.flow_noise, step.context, flow_steps or self.config.flow_steps)
        shapes, angles = motion[..., :BLENDSHAPE_COUNT], motion[..., BLENDSHAPE_COUNT:]
        return torch.cat([shapes.clamp(0, 1), angles], dim=-1)

    def advance(
        self, audio: Tensor, look_ahead: Tensor, noise: Tensor, state: ThunderState, mask: Tensor | None = None
    ) -> Tensor:
        """Streams a chunk of any number of ticks.

        Args:
            audio: `[B, T * 320]` float32.
            look_ahead: `[B]` int64.
            noise: `[B, T, noise_size]`.
            state: changed in place, in the rows of `mask` alone.
            mask: `[B]` bool; None advances all.

        Returns:
            Frames `[B, T, 61]`.
        """
        step = self.contexts(audio, look_ahead, noise, state)
        mask = torch.ones(audio.shape[0], dtype=torch.bool) if mask is None else mask
        write_ring(state, step, mask, self.config.window)
        tensors = state.tensors()
        for name, new in step.state.items():
            old = tensors[name]
            old.copy_(torch.where(rows(mask, old), new, old))
        return self.frames(step)

    @torch.no_grad()
    def step(self, audio: Tensor, control: Control, state: ThunderState, mask: Tensor | None = None) -> Tensor:
        """One tick for every slot; see `models.streaming.StreamingAvatar.step`."""
        return self.advance(audio, control.look_ahead, control.noise[:, None], state, mask)[:, 0]


def write_ring(state: ThunderState, step: ContextStep, mask: Tensor, window: int) -> None:
    """Writes a chunk's last `window` keys and values into the rings of the masked rows."""
    chunk = step.keys[0].shape[2]
    kept = min(chunk, window)
    row = torch.remainder(state.position[:, None] + torch.arange(chunk - kept, chunk), window)  # [B, kept]
    for ring, new in zip(state.ring_keys + state.ring_values, step.keys + step.values, strict=True):
        index = row[:, None, :, None].expand(-1, new.shape[1], -1, new.shape[3])
        updated = ring.scatter(2, index, new[:, :, chunk - kept :])
        ring.copy_(torch.where(rows(mask, ring), updated, ring))

"""THUNDER, live: speech in, 61 channels of face motion out, one tick at a time.

Log-mel → causal speech encoder (50 Hz) → causal transformer over a ring of keys and values → flow head. Liveliness
enters as filtered noise from the slot's seed (`behaviour`). Look-ahead is a dial: the network is told how many ticks
of sound it has beyond the frame it must show.
"""

from dataclasses import dataclass, fields

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
from models.thunder.behaviour import BEHAVIOURS, DRIVES, NoiseFilter, drives

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
        encoder_tail_0 … encoder_tail_3: `[B, n, C]`, inputs the encoder's convolutions still reach.
        noise_poles: `[B, 2, N]`, the noise filter's memory.
        behaviour_tail: `[B, n, C]`, behaviour features the convolution still reaches.
        position: `[B]` int64, ticks since the slot's reset.
        kv_keys: `[B, layers, window, dim]`, ring of keys; position p in row p mod window.
        kv_values: as `kv_keys`.
    """

    audio_tail: Tensor
    encoder_tail_0: Tensor
    encoder_tail_1: Tensor
    encoder_tail_2: Tensor
    encoder_tail_3: Tensor
    noise_poles: Tensor
    behaviour_tail: Tensor
    position: Tensor
    kv_keys: Tensor
    kv_values: Tensor

    def reset(self, mask: Tensor) -> None:
        """Starts the rows where `mask` `[B]` is true afresh."""
        for field in fields(self):
            tensor: Tensor = getattr(self, field.name)
            tensor.masked_fill_(rows(mask, tensor), 0)


@dataclass(slots=True)
class ContextStep:
    """What one pass over a chunk yields.

    Attributes:
        context: `[B, T, context]`, the flow head's condition.
        flow_noise: `[B, T, 61]`, where its path starts.
        speech: `[B, T, dim]`, the backbone's features (for auxiliary losses).
        state: everything but the rings, after the chunk.
        keys: `[B, layers, T, dim]`, to be written into the ring.
        values: as `keys`.
    """

    context: Tensor
    flow_noise: Tensor
    speech: Tensor
    state: dict[str, Tensor]
    keys: Tensor
    values: Tensor


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
        )

    def init_state(self, batch_size: int) -> ThunderState:
        """A fresh state for `batch_size` slots."""
        tails = self.encoder.init_tails(batch_size)
        ring = (batch_size, self.config.layers, self.config.window, self.config.dim)
        return ThunderState(
            audio_tail=torch.zeros(batch_size, LogMel.TAIL),
            encoder_tail_0=tails[0],
            encoder_tail_1=tails[1],
            encoder_tail_2=tails[2],
            encoder_tail_3=tails[3],
            noise_poles=self.noise.init_state(batch_size),
            behaviour_tail=self.behaviour.init_tail(batch_size),
            position=torch.zeros(batch_size, dtype=torch.int64),
            kv_keys=torch.zeros(ring),
            kv_values=torch.zeros(ring),
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
        tails = [state.encoder_tail_0, state.encoder_tail_1, state.encoder_tail_2, state.encoder_tail_3]
        x, tails = self.encoder(mel, tails)
        x = x + self.look_ahead(look_ahead)[:, None]
        distances = ring_distances(state.position, self.config.window, x.shape[1])
        keys, values = [], []
        for layer, block in enumerate(self.blocks):
            x, key, value = block(x, state.kv_keys[:, layer], state.kv_values[:, layer], distances)
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
                "encoder_tail_0": tails[0],
                "encoder_tail_1": tails[1],
                "encoder_tail_2": tails[2],
                "encoder_tail_3": tails[3],
                "noise_poles": noise_poles,
                "behaviour_tail": behaviour_tail,
                "position": state.position + x.shape[1],
            },
            keys=torch.stack(keys, dim=1),
            values=torch.stack(values, dim=1),
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
        for name, new in step.state.items():
            old: Tensor = getattr(state, name)
            old.copy_(torch.where(rows(mask, old), new, old))
        return self.frames(step)

    @torch.no_grad()
    def step(self, audio: Tensor, control: Control, state: ThunderState, mask: Tensor | None = None) -> Tensor:
        """One tick for every slot; see `models.streaming.StreamingAvatar.step`."""
        return self.advance(audio, control.look_ahead, control.noise[:, None], state, mask)[:, 0]


def write_ring(state: ThunderState, step: ContextStep, mask: Tensor, window: int) -> None:
    """Writes a chunk's last `window` keys and values into the rings of the masked rows."""
    chunk = step.keys.shape[2]
    kept = min(chunk, window)
    row = torch.remainder(state.position[:, None] + torch.arange(chunk - kept, chunk), window)  # [B, kept]
    index = row[:, None, :, None].expand(-1, step.keys.shape[1], -1, step.keys.shape[3])
    for ring, new in ((state.kv_keys, step.keys), (state.kv_values, step.values)):
        updated = ring.scatter(2, index, new[:, :, chunk - kept :])
        ring.copy_(torch.where(rows(mask, ring), updated, ring))

"""THUNDER, live: speech in, 61 channels of face motion out, one tick at a time.

Log-mel → causal multi-level speech encoder (50 Hz) → causal transformer over a ring of keys and values, each block
modulated by the levels it selects → flow head, which samples the channels that speak, and prosodic cues, which tell
`Behaviour` when to nod, blink and look away. Look-ahead is a dial: the network is told how many ticks of sound it has
beyond the frame it must show. It is never fed its own motion, so nothing can drift: what ties a frame to the last is
the sound they share and the noise they start from (docs/decisions/0003).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor, nn

from kernels.ring_attention.reference import ring_distances
from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT, channel_indices
from models.flow.head import FlowHead
from models.flow.noise import SmoothNoise
from models.layers.mel import LogMel
from models.layers.transformer import RingBlock
from models.speech.encoder import LEVEL_KERNELS, SpeechEncoder
from models.speech.film import MultiHeadFilm
from models.streaming import AvatarSpec, Control, rows
from models.thunder.behaviour import CUES, Behaviour
from models.ticks import SAMPLE_RATE, TICK_SAMPLES

MAX_LOOK_AHEAD_TICKS = 5
SPEAKING = (
    "JawForward", "JawRight", "JawLeft", "JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthRight",
    "MouthLeft", "MouthSmileLeft", "MouthSmileRight", "MouthFrownLeft", "MouthFrownRight", "MouthDimpleLeft",
    "MouthDimpleRight", "MouthStretchLeft", "MouthStretchRight", "MouthRollLower", "MouthRollUpper",
    "MouthShrugLower", "MouthShrugUpper", "MouthPressLeft", "MouthPressRight", "MouthLowerDownLeft",
    "MouthLowerDownRight", "MouthUpperUpLeft", "MouthUpperUpRight", "CheekPuff", "NoseSneerLeft", "NoseSneerRight",
    "TongueOut",
)  # fmt: skip
"""Channels the flow head samples; the others follow from `Behaviour`."""
FLOW_TIME_S = 0.12
"""Time constant of the flow head's noise."""


@dataclass(frozen=True, slots=True)
class ThunderConfig:
    """Sizes of the network; stored beside its weights.

    Attributes:
        heads_per_key: how many of the heads share one head of keys and values.
        temperature: what the flow's noise is scaled by when it samples: 0 is the middle of what the mouth may do.
    """

    name: str = "thunder-base"
    dim: int = 192
    layers: int = 4
    heads: int = 4
    heads_per_key: int = 1
    feed_forward: int = 512
    window: int = 48
    level_dim: int = 64
    head_width: int = 128
    flow_steps: int = 1
    temperature: float = 0.25
    dropout: float = 0.0
    phone_classes: int = 40


@dataclass(slots=True)
class ThunderState:
    """State of every slot, one row each.

    Attributes:
        audio_tail: `[B, 240]`, samples the next mel frame still reaches.
        encoder_tails: `[B, n, C]` each, inputs the encoder's convolutions still reach.
        noise_poles: `[B, 2, speaking]`, the noise filter's memory.
        behaviour: `[B, S]`, see `Behaviour`.
        position: `[B]` int64, ticks since the slot's reset.
        ring_keys: `[B, heads / heads_per_key, window, dim / heads]` per layer; position p in row p mod window.
        ring_values: as `ring_keys`.
    """

    audio_tail: Tensor
    encoder_tails: list[Tensor]
    noise_poles: Tensor
    behaviour: Tensor
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
    """What one pass of encoder and backbone over a chunk yields.

    Attributes:
        context: `[B, T, dim]`, the flow head's condition.
        cues: `[B, T, cues]`, logits of `models.thunder.behaviour.CUES`.
        state: new values of the state's tensors that the pass changes, but the rings.
        keys: `[B, heads / heads_per_key, T, dim / heads]` per layer, to be written into the ring.
        values: as `keys`.
    """

    context: Tensor
    cues: Tensor
    state: dict[str, Tensor]
    keys: list[Tensor]
    values: list[Tensor]


class Thunder(nn.Module):
    """Speech to face motion (arXiv 2504.13386), causal and streaming."""

    def __init__(self, config: ThunderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or ThunderConfig()
        self.mel = LogMel()
        self.encoder = SpeechEncoder(config.dim, config.level_dim)
        self.look_ahead = nn.Embedding(MAX_LOOK_AHEAD_TICKS + 1, config.dim)
        self.films = nn.ModuleList(
            MultiHeadFilm(config.dim, config.level_dim, len(LEVEL_KERNELS), config.heads) for _ in range(config.layers)
        )
        self.blocks = nn.ModuleList(
            RingBlock(
                config.dim, config.heads, config.heads_per_key, config.feed_forward, config.window, config.dropout
            )
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.dim)
        self.cues = nn.Linear(config.dim, len(CUES))
        self.noise = SmoothNoise(len(SPEAKING), FLOW_TIME_S)
        self.flow = FlowHead(len(SPEAKING), config.dim, config.head_width)
        self.nothing_heard = nn.Parameter(torch.zeros(config.dim))  # the flow head's condition without any speech
        self.behaviour = Behaviour()
        self.phones = nn.Linear(config.dim, config.phone_classes)  # an auxiliary task while training
        self.speaking: Tensor
        self.register_buffer("speaking", torch.eye(CHANNEL_COUNT)[channel_indices(SPEAKING)], persistent=False)
        self.spec = AvatarSpec(
            name=config.name,
            sample_rate=SAMPLE_RATE,
            tick_samples=TICK_SAMPLES,
            frame_shape=(CHANNEL_COUNT,),
            frames_per_tick=1,
            look_ahead_ticks=tuple(range(MAX_LOOK_AHEAD_TICKS + 1)),
            default_look_ahead_ticks=3,
            noise_size=Behaviour.NOISE + self.noise.size,
            blink_noise=Behaviour.BLINK_NOISE,
            blink_threshold=Behaviour.BLINK_THRESHOLD,
        )

    def init_state(self, batch_size: int) -> ThunderState:
        """A fresh state for `batch_size` slots."""
        config = self.config
        ring = (batch_size, config.heads // config.heads_per_key, config.window, config.dim // config.heads)
        return ThunderState(
            audio_tail=torch.zeros(batch_size, LogMel.TAIL),
            encoder_tails=self.encoder.init_tails(batch_size),
            noise_poles=self.noise.init_state(batch_size),
            behaviour=self.behaviour.init_state(batch_size),
            position=torch.zeros(batch_size, dtype=torch.int64),
            ring_keys=[torch.zeros(ring) for _ in self.blocks],
            ring_values=[torch.zeros(ring) for _ in self.blocks],
        )

    def contexts(self, audio: Tensor, look_ahead: Tensor, state: ThunderState) -> ContextStep:
        """One pass of encoder and backbone over a chunk; changes nothing in place.

        Args:
            audio: `[B, T * 320]`.
            look_ahead: `[B]` int64.
            state: before the chunk.
        """
        mel, audio_tail = self.mel(audio, state.audio_tail)
        step = self.contexts_of_mel(mel, look_ahead, state)
        step.state["audio_tail"] = audio_tail
        return step

    def contexts_of_mel(self, mel: Tensor, look_ahead: Tensor, state: ThunderState) -> ContextStep:
        """As :meth:`contexts`, from the log-mel `[B, 2T, 80]` on."""
        speech = self.encoder(mel, state.encoder_tails)
        x = speech.features + self.look_ahead(look_ahead)[:, None]
        distances = ring_distances(state.position, state.ring_keys[0].shape[2], x.shape[1])
        keys, values = [], []
        for film, block, ring_keys, ring_values in zip(
            self.films, self.blocks, state.ring_keys, state.ring_values, strict=True
        ):
            x = x + film(x, speech.levels)
            x, key, value = block(x, ring_keys, ring_values, distances)
            keys.append(key)
            values.append(value)
        x = self.norm(x)
        return ContextStep(
            context=x,
            cues=self.cues(x),
            state={
                **{f"encoder_tails_{i}": tail for i, tail in enumerate(speech.tails)},
                "position": state.position + x.shape[1],
            },
            keys=keys,
            values=values,
        )

    def frames(self, step: ContextStep, noise: Tensor, state: ThunderState) -> tuple[Tensor, dict[str, Tensor]]:
        """Samples the chunk's frames.

        Args:
            step: of :meth:`contexts`.
            noise: `[B, T, noise_size]`, standard normal.
            state: before the chunk.

        Returns:
            Frames `[B, T, 61]`, blendshapes clamped to 0..1, and the new values of the state's tensors that sampling
            changes.
        """
        smooth, noise_poles = self.noise(noise[..., Behaviour.NOISE :], state.noise_poles)
        speaking = self.flow.sample(self.config.temperature * smooth, step.context, self.config.flow_steps)
        living, behaviour = self.behaviour(noise[..., : Behaviour.NOISE], step.cues.sigmoid(), state.behaviour)
        motion = living + speaking @ self.speaking
        shapes, angles = motion[..., :BLENDSHAPE_COUNT], motion[..., BLENDSHAPE_COUNT:]
        frames = torch.cat([shapes.clamp(0, 1), angles], dim=-1)
        return frames, {"noise_poles": noise_poles, "behaviour": behaviour}

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
        step = self.contexts(audio, look_ahead, state)
        frames, sampled = self.frames(step, noise, state)
        mask = torch.ones(audio.shape[0], dtype=torch.bool) if mask is None else mask
        write_ring(state, step, mask, self.config.window)
        tensors = state.tensors()
        for name, new in (step.state | sampled).items():
            old = tensors[name]
            old.copy_(torch.where(rows(mask, old), new, old))
        return frames

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

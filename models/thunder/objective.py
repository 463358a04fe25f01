"""One training step's loss: flow matching, the shortcut to few steps, and what else the backbone must know."""

import torch
from torch import Tensor

from models.corpus.phones import UNKNOWN_PHONE
from models.thunder.losses import MotionLoss, speaking_of
from models.thunder.model import Thunder

_SPEECH_DROPPED = 0.1
"""Share of examples whose flow head hears nothing, so that guidance has something to lead away from."""


def vary_spectrum(mel: Tensor) -> Tensor:
    """Other throats and microphones: each example's mel axis stretched, tilted and now and then blanked in part.

    Args:
        mel: `[B, F, bins]`.
    """
    size, frames, bins = mel.shape
    stretch = torch.empty(size, 1).uniform_(0.92, 1.09)  # vocal tract length (Jaitly & Hinton 2013)
    source = (torch.arange(bins) * stretch).clamp(max=bins - 1.001)
    low = source.floor().long()
    part = (source - low)[:, None]
    index = low[:, None].expand(-1, frames, -1)
    mel = mel.gather(2, index) * (1 - part) + mel.gather(2, index + 1) * part
    tilt = torch.nn.functional.interpolate(0.2 * torch.randn(size, 1, 5), bins, mode="linear", align_corners=True)
    mel = mel + tilt
    for axis, longest, share in ((2, 10, 0.4), (1, 6, 0.4)):  # SpecAugment (Park et al. 2019)
        length = mel.shape[axis]
        width = torch.randint(1, longest, (size, 1)) * (torch.rand(size, 1) < share)
        start = (torch.rand(size, 1) * (length - longest)).long()
        at = torch.arange(length)
        blank = (at >= start) & (at < start + width)
        blank = blank[:, None, :] if axis == 2 else blank[:, :, None]
        mel = torch.where(blank, mel.mean(dim=(1, 2), keepdim=True), mel)
    return mel


def _lower_precision(like: Tensor) -> torch.autocast:
    """Products in bfloat16 where the processor has it; where it has not, they are slower than float32 by far."""
    has_it = like.is_cuda or torch.backends.cpu.get_cpu_capability() == "AVX512"
    return torch.autocast(like.device.type, torch.bfloat16, enabled=has_it)


def smooth_noise(model: Thunder, size: int, ticks: int) -> Tensor:
    """Settled noise as it drives a live slot, `[B, T, speaking]`."""
    settle = 40
    noise = torch.randn(size, settle + ticks, model.noise.size)
    smooth: Tensor = model.noise(noise, model.noise.init_state(size))[0][:, settle:]
    return smooth


def objective(
    model: Thunder, teacher: Thunder | None, loss: MotionLoss, batch: dict[str, Tensor], guidance: float
) -> dict[str, Tensor]:
    """Weighted terms of the loss of one batch, by name.

    One pass of the backbone serves several draws of the flow head: at t = 0, where live sampling starts; at a random t
    of the path; and, with a teacher, at steps whose target are two of the teacher's steps of half the size.

    Args:
        model: in training mode.
        teacher: the average of the network, which the shortcut learns from; None trains without.
        loss: of predicted frames.
        batch: of `models.corpus.pool.Pool.batch`, and `look_ahead [B]`.
        guidance: what the teacher's velocities are led by; 1 is none.
    """
    target, known = speaking_of(batch["motion"]), speaking_of(batch["known"]).float()
    size, ticks = batch["seal"].shape
    noise = smooth_noise(model, size, ticks)
    state = model.init_state(size)
    state.ring_keys = [ring[:, :, :0] for ring in state.ring_keys]  # a stream without past needs no ring
    state.ring_values = [ring[:, :, :0] for ring in state.ring_values]
    mel = vary_spectrum(batch["mel"])
    with _lower_precision(mel):
        step = model.contexts_of_mel(mel, batch["look_ahead"], state)
        phones = model.phones(step.context).float()
    deaf = torch.rand(size, 1, 1) < _SPEECH_DROPPED
    context = torch.where(deaf, model.nothing_heard, step.context)
    terms = {
        "phone": 0.3
        * torch.nn.functional.cross_entropy(phones.flatten(0, 1), batch["phone"].flatten(), ignore_index=UNKNOWN_PHONE),
        # where nobody knows the phones, nobody knows the prosody either
        "cues": 0.3
        * torch.nn.functional.binary_cross_entropy_with_logits(
            step.cues.float(), batch["cues"], weight=(batch["phone"] != UNKNOWN_PHONE)[..., None].float()
        ),
    }
    path = _Path(model, target / model.flow.scale, noise)
    draws = [path.at(torch.zeros(size, 1, 1), torch.ones(size, 1, 1), torch.rand(size, 1, 1))]
    draws.append(path.at(torch.rand(size, 1, 1), torch.zeros(size, 1, 1), torch.ones(size, 1, 1)))
    for draw, weight in zip(draws, (1.0, 0.5), strict=True):
        clean = model.flow.scale * _head(model, *draw, context)
        for name, value in loss(clean, target, known, batch["seal"]).items():
            terms[name] = terms.get(name, torch.zeros(())) + weight * value
    if teacher is not None:
        terms["shortcut"] = _shortcut(model, teacher, path, context, known, guidance)
    return terms


class _Path:
    """Points on the straight path between an example's noise and its motion."""

    def __init__(self, model: Thunder, clean: Tensor, noise: Tensor) -> None:
        self.model, self.clean, self.noise = model, clean, noise

    def at(self, time: Tensor, step: Tensor, heat: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x_t, t and d as the head takes them; `heat` scales the noise, as temperature does when sampling."""
        noisy = (1 - time) * heat * self.noise + time * self.clean
        shape = (*noisy.shape[:2], 1)
        return noisy, time.expand(shape), step.expand(shape)


def _head(model: Thunder, noisy: Tensor, time: Tensor, step: Tensor, context: Tensor) -> Tensor:
    with _lower_precision(noisy):
        out: Tensor = model.flow(noisy, time, step, context)
    return out.float()


def _shortcut(model: Thunder, teacher: Thunder, path: _Path, context: Tensor, known: Tensor, guidance: float) -> Tensor:
    """One step of size d against two of the teacher's of size d / 2 (Frans et al. 2024, eq. 4), d from ½ to 1/16.

    The whole way in one step is not among them: there the head learns the frame itself, which follows a mouth better
    than any sample of what it might do (models/zoo/thunder-base.md has the figures).
    """
    size = context.shape[0]
    step = 0.5 ** torch.randint(1, 5, (size, 1, 1)).float()
    time = (torch.rand(size, 1, 1) / step).floor() * step
    time = torch.where(torch.rand(size, 1, 1) < 0.5, torch.zeros(()), time)  # live sampling starts at 0
    noisy, time, step = path.at(time, step, torch.rand(size, 1, 1))
    with torch.no_grad():
        half = torch.where(step <= 0.0625, torch.zeros(()), step / 2)
        first = _velocity(teacher, noisy, time, half, context, guidance)
        later = noisy + step / 2 * first
        second = _velocity(teacher, later, time + step / 2, half, context, guidance)
        wanted = noisy + (1 - time) * (first + second) / 2
    clean = _head(model, noisy, time, step, context)
    return 0.6 * ((clean - wanted) * known).square().mean()


def _velocity(teacher: Thunder, noisy: Tensor, time: Tensor, step: Tensor, context: Tensor, guidance: float) -> Tensor:
    clean = _head(teacher, noisy, time, step, context)
    if guidance != 1:
        nothing = _head(teacher, noisy, time, step, teacher.nothing_heard.expand_as(context))
        # only paths that start from the smallest steps are led; the larger ones learn it from them
        clean = torch.where(step == 0, nothing + guidance * (clean - nothing), clean)
    return (clean - noisy) / (1 - time).clamp(min=1 / 32)

"""`python -m models.corpus.fit_articulation`: the articulation model, fitted to the real talker.

Axis by axis, targets, strengths and rates of all phones are fitted to the talker's motion (`grid_s1`, `train`) by
gradient descent and scored on `val`. Where he shows nothing (tongue, lower lip under the teeth, flare) or says a phone
seldom, the textbook's table stands, brought to his scale. Then the fitted patterns are made legible: he reads lists at
25 frames a second and hardly rounds his lips, so rounding, spread and jaw are stretched to what running speech shows
(two thirds of full articulation), his order of the phones kept.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from models.corpus.articulation import GAP_MM_AT_AY, REST_GAP, REST_RIG_GAP_MM, gap_coefficients
from models.corpus.dominance import ARTICULATION_PATH, AXES, SOFT_S, Dominance, Track, length_factor
from models.corpus.grid import FPS, FRAMES, real_takes
from models.corpus.phones import ARPABET, BILABIALS, PHONE_INDEX, VOWELS
from models.corpus.takes import Take
from models.corpus.textbook import ROUNDED, SPREAD, textbook_dominance
from models.face.channels import channel_indices
from models.measured_data import measured

_CHANNELS: Final[dict[str, tuple[str, ...]]] = {
    "jaw": ("JawOpen",), "pucker": ("MouthPucker",), "stretch": ("MouthStretchLeft", "MouthStretchRight"),
    "smile": ("MouthSmileLeft", "MouthSmileRight"), "press": ("MouthPressLeft", "MouthPressRight"),
    "roll_upper": ("MouthRollUpper",), "shrug": ("MouthShrugLower",),
    "upper": ("MouthUpperUpLeft", "MouthUpperUpRight"), "lower": ("MouthLowerDownLeft", "MouthLowerDownRight"),
}  # fmt: skip
"""What a camera shows of each fitted axis, beside the gap."""
FITTED: Final = ("gap", *_CHANNELS)
_FEW: Final = 12.0
"""A phone said this often is believed half, against the textbook."""
_PATTERNS: Final = {
    "pucker": (ROUNDED, ("W", "UW"), 0.62, 0.5),
    "stretch": (SPREAD, ("IY", "EY"), 0.5, 0.4),
    "smile": (SPREAD, ("IY", "EY"), 0.28, 0.4),
}
"""Phones that should have an axis, those that should have most, how much, and the textbook's share."""
_OPEN_JAW: Final = 0.36
_ABOVE_BOOK: Final = 0.12
_SILENCE_STRENGTH: Final = 0.15
_BATCH: Final = 160
_PULL_TO_START: Final = 0.004


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m models.corpus.fit_articulation", description=__doc__)
    parser.add_argument("--out", type=Path, default=ARTICULATION_PATH, help="file to write (default: the shipped one)")
    parser.add_argument("--steps", type=int, default=250, help="of gradient descent (default: 250, about a minute)")
    options = parser.parse_args(arguments)
    train, val = _Sentences(real_takes("train")), _Sentences(real_takes("val"))
    book = textbook_dominance()
    raw = fit(train, _with_known_gap(book), options.steps)
    shipped = legible(raw, book, train.tokens)
    for axis, *scores in zip(FITTED, *(_score(model, val) for model in (raw, shipped, book)), strict=True):
        print(f"{axis:11s} r on val: fitted {scores[0]:.3f}, made legible {scores[1]:.3f}, textbook {scores[2]:.3f}")
    about = (
        "Coarticulation by dominance, fitted to GRID s1 train (Cooke et al. 2006, CC BY 4.0) and made legible by "
        "models.corpus.fit_articulation; rises and falls in 1/s."
    )
    shipped.save(options.out, about)
    print(options.out)
    return 0


class _Sentences:
    """Takes as padded tensors: `index`, `start`, `end` `[S, P]` (padding has zero strength), `seen` `[S, 75, A]`."""

    def __init__(self, takes: list[Take]) -> None:
        most = max(len(take.phones) for take in takes)
        self.index = torch.zeros(len(takes), most, dtype=torch.long)
        self.times = torch.zeros(2, len(takes), most)
        self.there = torch.zeros(len(takes), most)
        for s, take in enumerate(takes):
            count = len(take.phones)
            self.index[s, :count] = torch.tensor([PHONE_INDEX[p.name] for p in take.phones])
            self.times[:, s, :count] = torch.tensor([(p.start, p.end) for p in take.phones]).T
            self.there[s, :count] = 1
        self.seen = torch.tensor(np.stack([_axes_of(take) for take in takes]), dtype=torch.float32)
        length = torch.tensor(
            length_factor(self.index.numpy(), (self.times[1] - self.times[0]).numpy()), dtype=torch.float32
        )
        self.there *= length
        self.tokens = torch.bincount(self.index[self.there > 0], minlength=len(ARPABET)).numpy()
        spoken = (self.index != PHONE_INDEX["SIL"]) & (self.there > 0)
        first = torch.where(spoken, self.times[0], 9.0).amin(1) - 0.15
        last = torch.where(spoken, self.times[1], 0.0).amax(1) + 0.15
        frames = torch.arange(FRAMES) / FPS
        self.audible = ((frames >= first[:, None]) & (frames <= last[:, None])).float()
        """What he does long before and after he speaks belongs to no phone: `[S, 75]`."""


def _axes_of(take: Take) -> Track:
    gap = (take.motion @ gap_coefficients() + REST_RIG_GAP_MM) / GAP_MM_AT_AY
    others = [take.motion[:, channel_indices(names)].mean(1) for names in _CHANNELS.values()]
    return np.stack([gap, *others], axis=-1)


def _with_known_gap(book: Dominance) -> Dominance:
    """The textbook, its gap replaced by the first fit to the same talker's gap."""
    known = json.loads(measured("grid_s1/dominance_fit.json").read_text())
    parts = [part.copy() for part in _parts(book)]
    for part, key in zip(parts[:4], ("target", "weight", "rise_rate", "fall_rate"), strict=True):
        part[0] = [max(known["phones"][phone][key], 0.02 if key == "weight" else -1.0) for phone in ARPABET]
    parts[4][0], parts[5][0] = known["lead_s"], known["flat"]
    return Dominance(*parts)


def _rows(values: Track) -> Tensor:
    return torch.tensor(values[[AXES.index(axis) for axis in FITTED]], dtype=torch.float32)


def _tracks(model: Dominance | list[Tensor], data: _Sentences, rows: Tensor) -> Tensor:
    """Axes `[S, 75, A]` of the sentences `rows`, for parameters `[A, 40]`, `[A]` in the order of `Dominance`."""
    parts = model if isinstance(model, list) else [_rows(part) for part in _parts(model)]
    target, strength, rise, fall, lead, flat = parts
    index, (start, end), there = data.index[rows], data.times[:, rows], data.there[rows]
    frames = torch.arange(FRAMES) / FPS
    centre, half = (start + end) / 2, (end - start) / 2
    out = []
    for a in range(len(FITTED)):
        offset = frames[None, :, None] - (centre - lead[a])[:, None]
        outside = offset.abs() - flat[a] * half[:, None]
        outside = (outside + torch.sqrt(outside**2 + SOFT_S**2)) / 2
        rate = torch.where(offset < 0, rise[a][index][:, None], fall[a][index][:, None])
        pull = (strength[a][index] * there)[:, None] * torch.exp(-rate * outside)
        out.append((pull * target[a][index][:, None]).sum(-1) / (pull.sum(-1) + 1e-6))
    return torch.stack(out, -1)


def _parts(model: Dominance) -> tuple[Track, Track, Track, Track, Track, Track]:
    return model.target, model.strength, model.rise, model.fall, model.lead, model.flat


def fit(data: _Sentences, start: Dominance, steps: int) -> Dominance:
    """Numbers that follow the talker best, in the least squares sense, kept near where they started."""
    torch.manual_seed(0)
    target, strength, rise, fall, lead, flat = (_rows(part) for part in _parts(start))
    scale = data.seen.flatten(0, 1).std(0)
    first = target.clone()
    for a in range(1, len(FITTED)):  # the textbook's scale is not his
        first[a] = data.seen[..., a].mean()
    free = [first, strength.log(), rise.log(), fall.log(), lead.clone(), flat.logit()]
    for part in free:
        part.requires_grad_()
    anchors = [part.detach().clone() for part in free[1:4]]
    optimizer = torch.optim.Adam([{"params": free[:1], "lr": 0.03}, {"params": free[1:4], "lr": 0.05},
                                  {"params": free[4:5], "lr": 0.001}, {"params": free[5:], "lr": 0.03}])  # fmt: skip
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(steps):
        rows = torch.randperm(len(data.seen))[:_BATCH]
        off = (_tracks(_natural(free), data, rows) - data.seen[rows]) / scale
        loss = (off.square().mean(-1) * data.audible[rows]).sum() / data.audible[rows].sum()
        loss = loss + _PULL_TO_START * sum((p - a).square().mean() for p, a in zip(free[1:4], anchors, strict=True))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % 50 == 0:
            print(f"step {step}: {loss.item():.3f}", flush=True)
    merged = [part.copy() for part in _parts(start)]
    for a, axis in enumerate(FITTED):
        for kept, values in zip(merged, _natural(free), strict=True):
            kept[AXES.index(axis)] = values[a].detach().numpy()
    return Dominance(*merged)


def _natural(free: list[Tensor]) -> list[Tensor]:
    target, strength, rise, fall, lead, flat = free
    return [target, strength.exp(), rise.exp().clamp(4, 90), fall.exp().clamp(4, 90), lead.clamp(-0.04, 0.12),
            flat.sigmoid()]  # fmt: skip


def _score(model: Dominance, data: _Sentences) -> list[float]:
    """Mean correlation per sentence, per axis."""
    with torch.no_grad():
        ours = _tracks(model, data, torch.arange(len(data.seen))).numpy()
    seen = data.seen.numpy()
    scores = []
    for a in range(len(FITTED)):
        moving = [
            (x[:, a], y[:, a]) for x, y in zip(ours, seen, strict=True) if min(x[:, a].std(), y[:, a].std()) > 1e-4
        ]
        scores.append(float(np.mean([np.corrcoef(x, y)[0, 1] for x, y in moving])) if moving else 0.0)
    return scores


def _to_his_scale(theirs: Track, his: Track, weight: Track) -> Track:
    """The textbook's targets on the line that carries them closest to the fitted ones; rising, or level."""
    mean, his_mean = np.average(theirs, weights=weight), np.average(his, weights=weight)
    spread = np.average((theirs - mean) ** 2, weights=weight)
    slope = np.average((theirs - mean) * (his - his_mean), weights=weight) / max(spread, 1e-6)
    return np.asarray(his_mean + max(slope, 0) * (theirs - mean))


def legible(fitted: Dominance, book: Dominance, tokens: Track) -> Dominance:
    """The shipped numbers: seldom phones from the textbook, patterns stretched to where a viewer reads them.

    Pucker, stretch and smile: what a phone has above the phones that should have none, scaled so that the phones that
    should have most reach two thirds of full articulation, and averaged with the textbook. The jaw is scaled likewise
    and kept near the textbook's: where he drops it behind shut lips, others need not.
    """
    target, strength, rise, fall, lead, flat = (part.copy() for part in _parts(fitted))
    belief = tokens / (tokens + _FEW)
    known = tokens >= _FEW
    for axis in FITTED:
        a = AXES.index(axis)
        target[a] = belief * target[a] + (1 - belief) * _to_his_scale(book.target[a], target[a], tokens * known)
        for ours, theirs in ((strength, book.strength), (rise, book.rise), (fall, book.fall)):
            ours[a] = np.exp(belief * np.log(ours[a]) + (1 - belief) * np.log(theirs[a]))
    for axis, (having, most, wanted, share) in _PATTERNS.items():
        a = AXES.index(axis)
        none = [i for i, phone in enumerate(ARPABET) if phone not in having and tokens[i] >= _FEW]
        floor = np.average(target[a][none], weights=tokens[none])
        above = np.maximum(target[a] - floor, 0)
        above *= wanted / max(float(np.mean([above[PHONE_INDEX[phone]] for phone in most])), 0.01)
        above[none] *= 0.3
        target[a] = (1 - share) * np.clip(above, 0, 1.2 * wanted) + share * book.target[a]
        target[a] = np.minimum(target[a], book.target[a] + _ABOVE_BOOK)
    jaw = AXES.index("jaw")
    target[jaw] *= _OPEN_JAW / np.mean([target[jaw][PHONE_INDEX[phone]] for phone in ("AA", "AE", "AY", "AH", "EY")])
    target[jaw] = np.minimum(0.5 * target[jaw] + 0.5 * book.target[jaw], book.target[jaw] + _ABOVE_BOOK)
    target[AXES.index("lower")] *= 0.7  # fitted against the chin's shrug, which a camera cannot tell from it
    target[AXES.index("shrug")] *= 0.4
    silence = strength[:, PHONE_INDEX["SIL"]]
    np.maximum(silence, _SILENCE_STRENGTH, out=silence)  # he is never silent for long; others are
    for axis in FITTED[1:]:
        target[AXES.index(axis)] = np.clip(target[AXES.index(axis)], 0, 1)
        target[AXES.index(axis), PHONE_INDEX["SIL"]] = book.target[AXES.index(axis), PHONE_INDEX["SIL"]]
    least = np.array([0.15 if phone in VOWELS else 0.06 for phone in ARPABET])
    target[0] = np.maximum(target[0], least)  # what he nearly shuts, a viewer must tell from p b m
    target[0, PHONE_INDEX["SIL"]] = REST_GAP
    for phone in BILABIALS:
        target[0, PHONE_INDEX[phone]] = 0.0
    return Dominance(target, strength, rise, fall, lead, flat)


if __name__ == "__main__":
    sys.exit(main())

"""One tick of the network as an ONNX graph, for onnxruntime.

Inputs: `audio [B, 320]`, `look_ahead [B]`, `noise [B, noise_size]`, then every tensor of `ThunderState` by name.
Outputs: `frames [B, 61]`, then for each state tensor its value after the tick as `<name>_out`, except the rings: of
those only the tick's own row comes out, as `kv_keys_row` and `kv_values_row` `[B, layers, 1, dim]`. The host owns the
rings and writes that row at `position mod window`, so no cache is ever copied out of the graph.
"""

import warnings
from dataclasses import fields
from pathlib import Path

import torch
from torch import Tensor, nn

from models.thunder.model import Thunder, ThunderState

RINGS = ("kv_keys", "kv_values")
STATE = tuple(field.name for field in fields(ThunderState))
INPUTS = ("audio", "look_ahead", "noise", *STATE)
OUTPUTS = ("frames", *(f"{name}_out" for name in STATE if name not in RINGS), *(f"{name}_row" for name in RINGS))
EXPORT_VERSION = 1
"""Raised whenever the graph's meaning changes; part of every cache key."""


class _Tick(nn.Module):
    def __init__(self, model: Thunder) -> None:
        super().__init__()
        self.model = model

    def forward(self, audio: Tensor, look_ahead: Tensor, noise: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        step = self.model.contexts(audio, look_ahead, noise[:, None], ThunderState(*state))
        kept = tuple(step.state[name] for name in STATE if name not in RINGS)
        return (self.model.frames(step)[:, 0], *kept, step.keys, step.values)


def export_onnx(model: Thunder, path: Path) -> None:
    """Writes the tick graph with a dynamic batch dimension."""
    batch = 3  # any size but 1, which the tracer would take for a constant
    state = model.init_state(batch)
    audio, noise = torch.zeros(batch, model.spec.tick_samples), torch.zeros(batch, model.spec.noise_size)
    arguments = (audio, torch.full((batch,), 3), noise, *(getattr(state, name) for name in STATE))
    dynamic = torch.export.Dim("batch", min=1, max=4096)
    shapes = {
        "audio": {0: dynamic},
        "look_ahead": {0: dynamic},
        "noise": {0: dynamic},
        "state": tuple({0: dynamic} for _ in STATE),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        torch.onnx.export(
            _Tick(model).eval(),
            arguments,
            str(path),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_shapes=shapes,
            dynamo=True,
            external_data=False,
            verbose=False,
        )

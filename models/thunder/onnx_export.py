"""One tick of the network as an ONNX graph, for onnxruntime.

Inputs: `audio [B, 320]`, `look_ahead [B]`, `noise [B, noise_size]`, then every tensor of `ThunderState` by name.
Outputs: `frames [B, 61]`, then for each state tensor its value after the tick as `<name>_out`, except the rings: of
those only the tick's own row comes out, as `<name>_row` `[B, key_heads, 1, dim / heads]`. The host owns the rings and
writes that row at `position mod window` of the third dimension, so no cache is ever copied out of the graph.
"""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from models.thunder.model import Thunder, ThunderState


class _Tick(nn.Module):
    def __init__(self, model: Thunder, names: list[str]) -> None:
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, audio: Tensor, look_ahead: Tensor, noise: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        before = ThunderState.of(dict(zip(self.names, state, strict=True)))
        step = self.model.contexts(audio, look_ahead, before)
        frames, sampled = self.model.frames(step, noise[:, None], before)
        after = step.state | sampled
        return (
            frames[:, 0],
            *(after[name] for name in self.names if name in after),
            *step.keys,
            *step.values,
        )


def export_onnx(model: Thunder, path: Path) -> None:
    """Writes the tick graph with a dynamic batch dimension."""
    batch = 3  # any size but 1, which the tracer would take for a constant
    state = model.init_state(batch).tensors()
    rings = [name for name in state if name.startswith("ring_")]
    kept = [name for name in state if name not in rings]
    audio, noise = torch.zeros(batch, model.spec.tick_samples), torch.zeros(batch, model.spec.noise_size)
    arguments = (audio, torch.full((batch,), 3), noise, *state.values())
    dynamic = torch.export.Dim("batch", min=1, max=4096)
    shapes = {
        "audio": {0: dynamic},
        "look_ahead": {0: dynamic},
        "noise": {0: dynamic},
        "state": tuple({0: dynamic} for _ in state),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        torch.onnx.export(
            _Tick(model, list(state)).eval(),
            arguments,
            str(path),
            input_names=["audio", "look_ahead", "noise", *state],
            output_names=["frames", *(f"{name}_out" for name in kept), *(f"{name}_row" for name in rings)],
            dynamic_shapes=shapes,
            dynamo=True,
            external_data=False,
            verbose=False,
        )

"""Reading and writing a network: safetensors, with its configuration in the header."""

import json
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from models.thunder.model import Thunder, ThunderConfig
from models.zoo import WeightsError, weights_path


def save_thunder(model: Thunder, path: Path) -> None:
    """Writes the weights, with the configuration as metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), str(path), metadata={"config": json.dumps(asdict(model.config))})


def load_thunder(name_or_path: str | Path = "thunder-base") -> Thunder:
    """A network in evaluation mode.

    Raises:
        WeightsError: the file is missing, or is none of ours.
    """
    path = weights_path(name_or_path)
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
    except SafetensorError as error:
        raise WeightsError(f"{path} is no safetensors file: {error}") from error
    if "config" not in metadata:
        raise WeightsError(f"{path} holds no Thunder configuration; was it written by save_thunder?")
    try:
        model = Thunder(ThunderConfig(**json.loads(metadata["config"])))
        model.load_state_dict(load_file(str(path)))
    except (TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(f"{path} does not fit this version of the network: {error}") from error
    return model.eval()

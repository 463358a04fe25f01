"""THUNDER, live: speech to 61 channels of face motion (arXiv 2504.13386)."""

from models.thunder.model import Thunder, ThunderConfig, ThunderState
from models.thunder.weights import load_thunder, save_thunder
from models.zoo import WeightsError, weights_path

__all__ = ["Thunder", "ThunderConfig", "ThunderState", "WeightsError", "load_thunder", "save_thunder", "weights_path"]

"""From phones to lips to channels, and from noise to behaviour."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.corpus.articulation import (
    GAP_MM_AT_AY,
    REST_RIG_GAP_MM,
    Lips,
    articulate,
    channels_from_lips,
    gap_coefficients,
    measured_lips,
)
from models.corpus.behaviour import behaviour_channels
from models.corpus.grid import load_takes
from models.corpus.phones import ARPABET, FROM_SYNTHESIZER, Phone
from models.face.channels import BLENDSHAPE_COUNT, channel_index
from models.measured_data import DataMissingError, measured
from models.thunder.drives import BEHAVIOURS, NoiseFilter, drives


@pytest.fixture(scope="module")
def data() -> Path:
    try:
        return measured("grid_s1")
    except DataMissingError as error:
        pytest.skip(str(error))


def papa() -> list[Phone]:
    names = ["SIL", "P", "AA", "P", "AA", "SIL"]
    edges = [0.0, 0.3, 0.4, 0.6, 0.7, 0.95, 1.4]
    return [Phone(a, b, name) for a, b, name in zip(edges, edges[1:], names, strict=False)]


def test_every_synthesizer_symbol_maps_to_arpabet() -> None:
    assert set(FROM_SYNTHESIZER.values()) == set(ARPABET)


@pytest.mark.data
def test_lips_open_on_vowels_and_seal_on_bilabials(data: Path) -> None:
    times = np.arange(0, 1.4, 0.02, dtype=np.float32)
    lips = articulate(papa(), times)
    assert lips.gap[(times > 0.47) & (times < 0.55)].min() > 0.8
    assert lips.gap[(times > 0.63) & (times < 0.67)].max() < 0
    assert lips.gap[times > 1.3].max() < 0.05
    assert lips.seal[(times > 0.62) & (times < 0.68)].min() > 0.9


@pytest.mark.data
def test_channels_show_exactly_the_wanted_gap(data: Path) -> None:
    times = np.arange(0, 1.4, 0.02, dtype=np.float32)
    lips = articulate(papa(), times)
    channels = channels_from_lips(lips)
    assert channels.min() >= 0
    assert channels.max() <= 1
    gap_mm = channels @ gap_coefficients() + REST_RIG_GAP_MM
    np.testing.assert_allclose(gap_mm, GAP_MM_AT_AY * lips.gap, atol=0.05)


def test_any_gap_is_reachable_for_any_shape() -> None:
    rng = np.random.default_rng(0)
    most = np.array([0.5, 0.8, 0.4, 0.3, 0.2, 1, 1, 1, 0.3, 0.3, 0.4, 0.6], np.float32)
    shape = rng.uniform(0, 1, (500, len(most))).astype(np.float32) * most
    lips = Lips(rng.uniform(-0.15, 1.4, 500).astype(np.float32), shape, np.zeros(500, np.float32))
    gap_mm = channels_from_lips(lips) @ gap_coefficients() + REST_RIG_GAP_MM
    np.testing.assert_allclose(gap_mm, GAP_MM_AT_AY * lips.gap, atol=0.05)


@pytest.mark.data
def test_the_real_talker_reads_as_documented(data: Path) -> None:
    takes = load_takes("val")
    assert len(takes) == 88
    times = (np.arange(75) / 25).astype(np.float32)
    agreement = [np.corrcoef(articulate(take.phones, times).gap, take.gap)[0, 1] for take in takes]
    assert np.mean(agreement) > 0.8  # the fitted dominance model reaches .89 with the gap alone
    take = takes[0]
    lips = measured_lips(take.phones, times, take.gap, times)
    spoken = [phone for phone in take.phones if phone.name != "SIL"]
    talking = (times >= spoken[0].start - 0.1) & (times <= spoken[-1].end + 0.1)
    assert np.abs((lips.gap - take.gap)[talking & (lips.seal == 0)]).max() < 1e-6  # the camera is believed
    assert lips.gap[times < spoken[0].start - 0.35].max(initial=-1) < 0  # and not where nobody could hear it


def test_behaviour_keeps_to_the_statistics_of_faces() -> None:
    noise_filter = NoiseFilter(0)
    ticks = 50 * 120
    raw = torch.randn(4, ticks, noise_filter.size, generator=torch.Generator().manual_seed(0))
    smooth, _ = noise_filter(raw, noise_filter.init_state(4))
    motion = behaviour_channels(drives(smooth, raw), torch.zeros(4, ticks)).numpy()
    shapes, blink = motion[..., :BLENDSHAPE_COUNT], motion[..., channel_index("EyeBlinkLeft")]
    assert shapes.min() >= 0
    assert shapes.max() <= 1
    closed = blink > 0.5
    per_minute = ((~closed[:, :-1]) & closed[:, 1:]).sum() / 4 / 2
    assert 10 <= per_minute <= 26
    yaw = np.rad2deg(motion[..., channel_index("HeadYaw")])
    assert 1 < yaw.std() < 6
    assert np.abs(yaw).max() < 20
    assert np.abs(np.diff(yaw, axis=1)).max() * 50 < 60  # degrees a second, at rest
    gaze = motion[..., channel_index("LeftEyeYaw")] + motion[..., channel_index("HeadYaw")]
    assert 0.5 < (np.abs(gaze) < 0.03).mean() < 0.9  # mostly on the listener
    assert BEHAVIOURS[5] == "blink"

"""Each causal layer: streaming equals offline, and the reference of what it computes."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.flow.head import FlowHead
from models.flow.noise import SmoothNoise
from models.layers.conv import CausalConv1d, CausalDepthwiseConv1d
from models.layers.mel import HOP, MELS, WINDOW, LogMel, mel_filters
from models.speech.encoder import SpeechEncoder
from models.speech.film import MultiHeadFilm


def test_mel_is_the_log_of_the_filtered_power_spectrum() -> None:
    rng = np.random.default_rng(0)
    sound = rng.standard_normal(WINDOW).astype(np.float32)
    layer = LogMel()
    frames, _ = layer(torch.from_numpy(sound[None, WINDOW - HOP :]), torch.from_numpy(sound[None, : WINDOW - HOP]))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    power = np.abs(np.fft.rfft(sound * hann)) ** 2
    expected = (np.log(power @ mel_filters().numpy().astype(np.float64) + layer.floor) + 6) / 4
    np.testing.assert_allclose(frames[0, 0].numpy(), expected, atol=1e-3)


def test_mel_filters_cover_speech_without_holes() -> None:
    filters = mel_filters()
    assert filters.shape == (WINDOW // 2 + 1, MELS)
    hearing = filters.sum(1)[4:185]  # 160 Hz to 7.4 kHz
    assert float(hearing.min()) > 0.3


@given(chunks=st.lists(st.integers(1, 6), min_size=1, max_size=8))
@settings(max_examples=20, deadline=None)
def test_mel_streams(chunks: list[int]) -> None:
    sound = torch.randn(2, sum(chunks) * HOP, generator=torch.Generator().manual_seed(0))
    layer, tail = LogMel(), torch.zeros(2, LogMel.TAIL)
    offline, _ = layer(sound, tail)
    parts, start = [], 0
    for chunk in chunks:
        frames, tail = layer(sound[:, start : start + chunk * HOP], tail)
        parts.append(frames)
        start += chunk * HOP
    torch.testing.assert_close(torch.cat(parts, dim=1), offline, atol=1e-5, rtol=1e-5)


@given(
    chunks=st.lists(st.integers(1, 9), min_size=1, max_size=8),
    kernel=st.integers(2, 7),
    dilation=st.integers(1, 3),
    stride=st.integers(1, 2),
)
@settings(max_examples=30, deadline=None)
@torch.no_grad()
def test_convolution_streams(chunks: list[int], kernel: int, dilation: int, stride: int) -> None:
    torch.manual_seed(0)
    layer = CausalConv1d(3, 5, kernel, stride=stride, dilation=dilation)
    x = torch.randn(2, sum(chunks) * stride, 3)
    tail = layer.init_tail(2)
    offline, _ = layer(x, tail)
    parts, start = [], 0
    for chunk in chunks:
        y, tail = layer(x[:, start : start + chunk * stride], tail)
        parts.append(y)
        start += chunk * stride
    torch.testing.assert_close(torch.cat(parts, dim=1), offline, atol=1e-5, rtol=1e-5)


@given(chunks=st.lists(st.integers(1, 9), min_size=1, max_size=8), kernel=st.integers(1, 12))
@settings(max_examples=30, deadline=None)
@torch.no_grad()
def test_depthwise_convolution_streams(chunks: list[int], kernel: int) -> None:
    torch.manual_seed(0)
    layer = CausalDepthwiseConv1d(5, kernel)
    x = torch.randn(2, sum(chunks), 5)
    tail = layer.init_tail(2)
    offline, _ = layer(x, tail)
    parts, start = [], 0
    for chunk in chunks:
        y, tail = layer(x[:, start : start + chunk], tail)
        parts.append(y)
        start += chunk
    torch.testing.assert_close(torch.cat(parts, dim=1), offline, atol=1e-5, rtol=1e-5)


@given(chunks=st.lists(st.integers(1, 9), min_size=1, max_size=6))
@settings(max_examples=10, deadline=None)
@torch.no_grad()
def test_encoder_streams(chunks: list[int]) -> None:
    torch.manual_seed(0)
    encoder = SpeechEncoder(12, 6, kernels=(2, 5, 11))
    mel = torch.randn(2, 2 * sum(chunks), MELS)
    offline = encoder(mel, encoder.init_tails(2))
    tails, features, levels, start = encoder.init_tails(2), [], [], 0
    for chunk in chunks:
        speech = encoder(mel[:, 2 * start : 2 * (start + chunk)], tails)
        features.append(speech.features)
        levels.append(speech.levels)
        tails, start = speech.tails, start + chunk
    torch.testing.assert_close(torch.cat(features, dim=1), offline.features, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(torch.cat(levels, dim=1), offline.levels, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_film_head_hears_the_level_it_selects_and_no_other() -> None:
    torch.manual_seed(0)
    film = MultiHeadFilm(dim=8, level_dim=5, levels=3, heads=2)
    film.select.copy_(torch.tensor([[40.0, 0.0, 0.0], [0.0, 0.0, 40.0]]))
    x, levels = torch.randn(2, 4, 8), torch.randn(2, 4, 3, 5)
    before, moved = film(x, levels), levels.clone()
    moved[:, :, 2] += 1
    change = (film(x, moved) - before).abs().amax(dim=(0, 1))
    assert float(change[:4].max()) < 1e-5
    assert float(change[4:].min()) > 1e-4
    gamma, beta = (levels[..., 0, :] @ film.condition[0] + film.offset[0]).chunk(2, dim=-1)
    hidden = film.project(film.norm(x))[..., :4]
    torch.testing.assert_close(before[..., :4], (1 + gamma) * hidden + beta)


@given(chunks=st.lists(st.integers(1, 30), min_size=1, max_size=6))
@settings(max_examples=10, deadline=None)
def test_smooth_noise_streams(chunks: list[int]) -> None:
    smooth_noise = SmoothNoise(4, 0.12)
    noise = torch.randn(2, sum(chunks), 4, generator=torch.Generator().manual_seed(0))
    offline, _ = smooth_noise(noise, smooth_noise.init_state(2))
    state, parts, start = smooth_noise.init_state(2), [], 0
    for chunk in chunks:
        smooth, state = smooth_noise(noise[:, start : start + chunk], state)
        parts.append(smooth)
        start += chunk
    torch.testing.assert_close(torch.cat(parts, dim=1), offline)


def test_smooth_noise_keeps_unit_variance() -> None:
    smooth_noise = SmoothNoise(8, 0.12)
    noise = torch.randn(4, 6000, 8, generator=torch.Generator().manual_seed(3))
    smooth, _ = smooth_noise(noise, smooth_noise.init_state(4))
    spread = smooth[:, 100:].std(dim=(0, 1))
    assert bool(((spread > 0.9) & (spread < 1.1)).all())


@torch.no_grad()
def test_one_flow_step_is_the_clean_prediction_and_more_steps_end_on_it() -> None:
    torch.manual_seed(0)
    head = FlowHead(6, 10, 16)
    noise, context = torch.randn(3, 4, 6), torch.randn(3, 4, 10)
    zero, half = torch.zeros(3, 4, 1), torch.full((3, 4, 1), 0.5)
    whole = head(noise, zero, torch.ones(3, 4, 1), context)
    torch.testing.assert_close(head.sample(noise, context, 1), head.scale * whole)
    midway = noise + (head(noise, zero, half, context) - noise) / 2
    torch.testing.assert_close(head.sample(noise, context, 2), head.scale * head(midway, half, half, context))

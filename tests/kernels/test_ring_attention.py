"""The reference of ring attention against a plain, dense computation."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.ring_attention.reference import alibi_slopes, ring_attention, ring_distances


def dense(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, window: int) -> torch.Tensor:
    """Banded causal attention over a whole sequence, written with loops; heads of queries share those of keys."""
    heads, length, size = query.shape
    key, value = (part.repeat_interleave(heads // len(part), 0) for part in (key, value))
    out = torch.zeros_like(query)
    slopes = alibi_slopes(heads)
    for h in range(heads):
        for i in range(length):
            first = max(0, i - window)
            distance = torch.arange(i - first, -1, -1)
            scores = key[h, first : i + 1] @ query[h, i] * size**-0.5 - slopes[h] * distance
            out[h, i] = torch.softmax(scores, 0) @ value[h, first : i + 1]
    return out


@given(
    chunks=st.lists(st.integers(1, 7), min_size=1, max_size=6),
    window=st.integers(1, 6),
    heads=st.sampled_from([(2, 2), (4, 2), (4, 1)]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_ring_equals_dense_across_the_wrap(chunks: list[int], window: int, heads: tuple[int, int], seed: int) -> None:
    length, size = sum(chunks), 4
    torch.manual_seed(seed)
    query, key, value = (torch.randn(count, length, size) for count in (heads[0], heads[1], heads[1]))
    expected = dense(query, key, value, window)
    # poison: never read unwritten rows
    ring_keys, ring_values = torch.full((2, 1, heads[1], window, size), float("1e4"))
    start, parts = 0, []
    for chunk in chunks:
        end = start + chunk
        distances = ring_distances(torch.tensor([start]), window, chunk)
        q, k, v = (part[None, :, start:end] for part in (query, key, value))
        parts.append(ring_attention(q, k, v, ring_keys, ring_values, distances, alibi_slopes(heads[0]), window))
        for position in range(max(start, end - window), end):
            ring_keys[:, :, position % window] = key[:, position]
            ring_values[:, :, position % window] = value[:, position]
        start = end
    torch.testing.assert_close(torch.cat(parts, dim=2)[0], expected, atol=1e-5, rtol=1e-4)


def test_distances_hide_the_future_and_what_was_never_written() -> None:
    distances = ring_distances(torch.tensor([0, 2, 5]), 3, 2)
    assert distances.shape == (3, 2, 5)
    assert distances[0, :, :3].max() == -1  # nothing written yet
    assert distances[1, 0].tolist() == [2, 1, -1, 0, -1]  # rows 0 and 1 hold positions 0 and 1
    assert distances[2, 0].tolist() == [2, 1, 3, 0, -1]  # row 2 holds position 2, rows 0 and 1 positions 3 and 4
    assert distances[2, 1].tolist() == [3, 2, 4, 1, 0]

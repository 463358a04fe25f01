"""Attention over a ring of cached keys and values: the definition of the operation.

A ring of W rows holds the keys and values of the W positions before the chunk; position p lives in row p mod W. New
queries see those and the new keys up to themselves, never further back than W positions, whatever the chunking: the
ring is read before it is written, so a chunk of any length is exact. Distance is penalised linearly (ALiBi, Press et
al. 2022, §3): only relative position enters, so a stream may run for ever without leaving the trained range.

Several heads of queries may share one head of keys and values (Shazeer 2019; grouped: Ainslie et al. 2023): the ring
that a live step reads is as many times smaller.
"""

import torch
from torch import Tensor


def alibi_slopes(heads: int) -> Tensor:
    """Slopes `[heads]` of the distance penalty: a geometric series from 2^(-8/heads) down to 2^-8 (ALiBi, §3)."""
    return torch.tensor([2.0 ** (-8.0 * (h + 1) / heads) for h in range(heads)])


def ring_distances(position: Tensor, window: int, chunk: int) -> Tensor:
    """Distances from each query of a chunk to each row of the ring and to each new key.

    Args:
        position: `[B]` int64, positions already consumed by each row of the batch.
        window: rows of the ring; 0 for a stream without past.
        chunk: number of new positions.

    Returns:
        `[B, chunk, window + chunk]` int64; negative where a key must not be seen (future, or a row never written).
    """
    new = torch.arange(chunk, device=position.device)
    among_new = (new[:, None] - new[None, :]).expand(position.shape[0], chunk, chunk)
    if window == 0:
        return among_new
    row = torch.arange(window, device=position.device)
    behind = torch.remainder(position[:, None] - 1 - row, window) + 1  # 1 is the newest row
    ring = behind[:, None, :] + new[None, :, None]
    ring = torch.where(behind[:, None, :] <= position[:, None, None], ring, torch.full_like(ring, -1))
    return torch.cat([ring, among_new], dim=-1)


def ring_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    ring_keys: Tensor,
    ring_values: Tensor,
    distances: Tensor,
    slopes: Tensor,
    window: int,
) -> Tensor:
    """Attention of a chunk over ring and chunk, without copying the ring.

    Args:
        query: `[B, H, T, D]`.
        key: `[B, K, T, D]`, the chunk's own; H is a multiple of K, and neighbouring heads of queries share one of keys.
        value: as `key`.
        ring_keys: `[B, K, W, D]`, rows in storage order.
        ring_values: as `ring_keys`.
        distances: `[B, T, W + T]` from :func:`ring_distances`.
        slopes: `[H]`, penalty per position of distance.
        window: keys further away than this are not seen.

    Returns:
        `[B, H, T, D]`.
    """
    batch, heads, chunk, size = query.shape
    shared, rows = key.shape[1], ring_keys.shape[2]
    far = torch.where((distances >= 0) & (distances <= window), distances.to(query.dtype), float("inf"))
    bias = (-slopes[:, None, None] * far[:, None]).reshape(batch, shared, -1, rows + chunk)
    query = (query * size**-0.5).reshape(batch, shared, -1, size)
    scores = torch.cat([query @ ring_keys.transpose(-1, -2), query @ key.transpose(-1, -2)], dim=-1) + bias
    weights = torch.softmax(scores, dim=-1)
    attended = weights[..., :rows] @ ring_values + weights[..., rows:] @ value
    return attended.reshape(batch, heads, chunk, size)

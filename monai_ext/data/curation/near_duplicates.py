# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy import ndarray

__all__ = ["near_duplicates", "nearest_within"]

_BLOCK = 512
_TILE = 8192


def near_duplicates(hashes: ndarray, near: int, *, tell: Callable[[int], object] = int) -> ndarray:
    """For each picture, the earlier one that it repeats: every picture is compared with all that were kept before it.

    Exact, quadratic in what is kept: about a minute for 200,000 pictures on one core.

    Args:
        hashes: (n, words), uint64, of `perceptual_hash`.
        near: most bits by which a repetition may differ; -1 for none at all.
        tell: called with how many pictures are done since the last call.

    Returns:
        (n,), int64: index of the nearest kept picture, or -1 for those that are kept.
    """
    twin = np.full(len(hashes), -1)
    kept = np.empty_like(hashes)
    index = np.empty(len(hashes), np.int64)
    count = 0
    for start in range(0, len(hashes), _BLOCK):
        block, before = hashes[start : start + _BLOCK], count
        for row, found in enumerate(nearest_within(block, kept[:before], near), start):
            if found < 0:  # among those of the block
                new = nearest_within(hashes[row : row + 1], kept[before:count], near)[0]
                found = before + new if new >= 0 else -1
            if found >= 0:
                twin[row] = index[found]
            else:
                kept[count], index[count] = hashes[row], row
                count += 1
        tell(len(block))
    return twin


def nearest_within(hashes: ndarray, others: ndarray, near: int) -> ndarray:
    """Index of the nearest of the others, the first of equally near ones; -1 where none differs by `near` bits or less.

    Args:
        hashes: (n, words), uint64.
        others: (m, words), uint64.
        near: most bits that may differ.

    Returns:
        (n,), int64.
    """
    where = np.full(len(hashes), -1)
    for start in range(0, len(hashes), _BLOCK):
        where[start : start + _BLOCK] = _nearest(hashes[start : start + _BLOCK], others, near)
    return where


def _nearest(hashes: ndarray, others: ndarray, near: int) -> ndarray:
    best = np.full(len(hashes), near + 1)
    where = np.full(len(hashes), -1)
    for start in range(0, len(others), _TILE):
        distance = _distances(hashes, others[start : start + _TILE])
        nearest = distance.argmin(axis=1)
        value = np.take_along_axis(distance, nearest[:, None], axis=1)[:, 0]
        better = value < best
        best[better], where[better] = value[better], start + nearest[better]
    return where


def _distances(hashes: ndarray, others: ndarray) -> ndarray:
    total = np.zeros((len(hashes), len(others)), np.uint16)
    for word in range(hashes.shape[1]):
        total += np.bitwise_count(hashes[:, word, None] ^ others[None, :, word])
    return total

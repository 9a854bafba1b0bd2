# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy import ndarray

__all__ = ["near_duplicates", "nearest_within"]

_BLOCK = 512
_TILE = 8192
_FEW = 16  # bits; unrelated pictures differ by more in each word


def near_duplicates(hashes: ndarray, near: int, *, tell: Callable[[int], object] = int) -> ndarray:
    """For each picture, the earlier one that it repeats: every picture is compared with all that were kept before it.

    Exact, quadratic in what is kept: two minutes for 200,000 pictures that are all kept, on one core.

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
        found = nearest_within(block, kept[:before], near)
        for row in np.flatnonzero(found < 0) + start:
            new = nearest_within(hashes[row : row + 1], kept[before:count], near)[0] if count > before else -1
            if new >= 0:
                twin[row] = index[before + new]
            else:
                kept[count], index[count] = hashes[row], row
                count += 1
        known = found >= 0
        twin[start : start + len(block)][known] = index[found[known]]
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
        rows, columns, distances = _pairs(hashes, others[start : start + _TILE], near)
        order = np.lexsort((columns, distances, rows))  # the nearest of each row first, of equally near ones the first
        rows, first = np.unique(rows[order], return_index=True)
        columns, distances = columns[order][first], distances[order][first]
        better = distances < best[rows]
        best[rows[better]], where[rows[better]] = distances[better], start + columns[better]
    return where


def _pairs(hashes: ndarray, others: ndarray, near: int) -> tuple[ndarray, ndarray, ndarray]:
    """Rows, columns and distances of the pairs within `near`."""
    total = np.zeros((len(hashes), len(others)), np.uint16)
    for word in range(hashes.shape[1]):
        total += np.bitwise_count(hashes[:, word, None] ^ others[None, :, word])
        if not word and near < _FEW and not (total <= near).any():
            break  # the first word tells most tiles
    rows, columns = np.nonzero(total <= near)
    return rows, columns, total[rows, columns].astype(np.int64)

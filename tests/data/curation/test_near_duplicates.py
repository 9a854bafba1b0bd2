# SPDX-License-Identifier: Apache-2.0
from importlib import import_module

import numpy as np
import pytest

from monai_ext.data.curation.near_duplicates import near_duplicates, nearest_within


def flipped(bits: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    out = bits.copy()
    out[rng.choice(len(bits), count, replace=False)] ^= 1
    return out


def packed(bits: np.ndarray) -> np.ndarray:
    return np.packbits(bits, axis=-1).view(np.uint64)


def written_out(hashes: np.ndarray, near: int) -> list[bool]:
    """Whether each is dropped, one by one against all that are kept, from the definition."""
    kept, dropped = [], []
    for h in hashes:
        dropped.append(any(sum(int(a ^ b).bit_count() for a, b in zip(h, k, strict=True)) <= near for k in kept))
        if not dropped[-1]:
            kept.append(h)
    return dropped


@pytest.mark.parametrize("near", [-1, 0, 8])
def test_repetitions_are_those_of_the_definition(near, monkeypatch):
    module = import_module("monai_ext.data.curation.near_duplicates")
    monkeypatch.setattr(module, "_BLOCK", 7)
    monkeypatch.setattr(module, "_TILE", 5)
    rng = np.random.default_rng(0)
    originals = rng.integers(0, 2, (20, 256), dtype=np.uint8)
    bits = np.stack([flipped(originals[rng.integers(20)], rng.integers(13), rng) for _ in range(90)])
    hashes = packed(bits)
    twins = near_duplicates(hashes, near)
    assert (twins >= 0).tolist() == written_out(hashes, near)
    for row, twin in enumerate(twins):
        if twin >= 0:
            assert twin < row and twins[twin] == -1 and (bits[row] != bits[twin]).sum() <= near


def test_nearest_is_found_and_the_limit_belongs_to_it():
    zero = np.zeros(256, np.uint8)
    rng = np.random.default_rng(1)
    others = packed(np.stack([flipped(zero, count, rng) for count in (20, 9, 8, 8)]))
    assert nearest_within(packed(zero[None]), others, 8).tolist() == [2]
    assert nearest_within(packed(zero[None]), others, 7).tolist() == [-1]
    assert nearest_within(packed(zero[None]), others[:0], 256).tolist() == [-1]


def test_progress_is_told_and_nothing_is_fine():
    told = []
    near_duplicates(np.arange(4000, dtype=np.uint64).reshape(1000, 4), 0, tell=told.append)
    assert sum(told) == 1000 and near_duplicates(np.zeros((0, 4), np.uint64), 8).shape == (0,)

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.data import Dataset

from .angiogram import draw_angiogram

__all__ = ["PhantomDataset"]


class PhantomDataset(Dataset):
    """Synthetic angiograms with their vessels, drawn on request.

    Args:
        count: how many, >= 1.
        seed: of the set, >= 0.
        size: rows and columns in pixels, >= 32.

    Raises:
        ValueError: if a number is below its least.
    """

    def __init__(self, count: int, seed: int = 0, size: int = 512) -> None:
        if count < 1 or seed < 0 or size < 32:
            raise ValueError(f"count must be >= 1, seed >= 0 and size >= 32, got {count}, {seed} and {size}.")
        self.count, self.seed, self.size = count, seed, size

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """`image` (1, size, size) uint8 and `vessels` (1, size, size) bool.

        Raises:
            IndexError: outside 0..count-1.
        """
        if not 0 <= index < self.count:
            raise IndexError(f"index must be 0..{self.count - 1}, got {index}.")
        image, vessels = draw_angiogram(self.seed, index, self.size)
        return {"image": torch.from_numpy(image)[None], "vessels": torch.from_numpy(vessels)[None]}

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from torch import Tensor
from torch.utils.data import Dataset

__all__ = ["SameBatch"]


class SameBatch(Dataset):
    """A data set that hands over one batch again and again: a loader then costs next to nothing.

    Args:
        batch: as `FrameDataset` gives it; in pinned memory for a GPU.
        batches: how often.
    """

    def __init__(self, batch: dict[str, Tensor], batches: int) -> None:
        self.batch, self.batches = batch, batches

    def __len__(self) -> int:
        return self.batches * len(self.batch["image"])

    def __getitems__(self, _) -> dict[str, Tensor]:
        return self.batch

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from torch import Tensor

__all__ = ["collate_batch"]


def collate_batch(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """What `FrameDataset` hands over is a batch already; a named function, so that worker processes can be told of it."""
    return batch

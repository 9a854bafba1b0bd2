# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from .prepare_batch import PrepareBatch

__all__ = ["AugmentedBatch"]


class AugmentedBatch(PrepareBatch):
    """What `PrepareLabelled` and `PrepareBoxes` have in common: how images of a batch are varied. Abstract.

    Args:
        flip: mirror half of the images left to right.
        rotation: largest angle in degrees, either way.
        scale: smallest and largest enlargement.
        shift: largest shift as a share of the side, either way.
        **options: of `PrepareBatch`.

    Raises:
        ValueError: if std or a scale is not positive.
    """

    def __init__(
        self,
        *,
        flip: bool = True,
        rotation: float = 20.0,
        scale: tuple[float, float] = (0.75, 1.4),
        shift: float = 0.1,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if min(scale) <= 0:
            raise ValueError(f"scale must be positive, got {scale}.")
        self.geometry = {"flip": flip, "rotation": rotation, "scale": scale, "shift": shift}

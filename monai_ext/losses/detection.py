# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

__all__ = ["DetectionLoss"]


class DetectionLoss(nn.Module):
    """Sum of what a detector finds wrong with its scores and with its boxes.

    A MONAI detector computes its losses itself, since only it knows the anchors; this weighs them.
    `parts` holds the value of each at the latest step, detached, on the device: what the curves show.

    Args:
        box_weight: of the boxes' loss against that of the scores, >= 0.

    Raises:
        ValueError: if the weight is negative.
    """

    def __init__(self, box_weight: float = 1.0) -> None:
        super().__init__()
        if box_weight < 0:
            raise ValueError(f"box_weight must be >= 0, got {box_weight}.")
        self.box_weight = box_weight
        self.parts: dict[str, Tensor] = {}

    def forward(self, losses: Mapping[str, Tensor], targets: Any = None) -> Tensor:
        """Loss of a batch.

        Args:
            losses: `classification` and `box_regression`, scalars, as `StenosisDetector` returns them while training.
            targets: not used; the detector has seen them.

        Returns:
            The loss, a scalar in float32.
        """
        scores, boxes = losses["classification"].float(), losses["box_regression"].float()
        self.parts = {"classification": scores.detach(), "box_regression": boxes.detach()}
        return scores + self.box_weight * boxes

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from monai.metrics import CumulativeIterationMetric
from monai.metrics.utils import do_metric_reduction, ignore_background
from monai.utils import MetricReduction
from torch import Tensor

from .compute_cl_dice import compute_cl_dice

__all__ = ["ClDiceMetric"]


class ClDiceMetric(CumulativeIterationMetric):
    """Centreline Dice by image and class (`compute_cl_dice`), used as MONAI's `DiceMetric`.

        metric = ClDiceMetric(include_background=False)
        metric(y_pred, y)
        metric.aggregate()

    Args:
        include_background: False leaves the first of several channels out.
        reduction: over what is not nan: none, mean, sum, mean_batch, sum_batch, mean_channel or sum_channel.
        get_not_nans: `aggregate` returns the number of values that count, too.
    """

    def __init__(
        self,
        include_background: bool = True,
        reduction: MetricReduction | str = MetricReduction.MEAN,
        get_not_nans: bool = False,
    ) -> None:
        super().__init__()
        self.include_background, self.reduction, self.get_not_nans = include_background, reduction, get_not_nans

    def _compute_tensor(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """By image and class.

        Args:
            y_pred: (batch, classes, height, width), one-hot: 0 and 1, any type.
            y: as y_pred.

        Returns:
            (batch, classes), in [0, 1]; 0 where exactly one of both is empty, nan where both are.

        Raises:
            ValueError: if the shapes are not 4D and the same, or a value is neither 0 nor 1.
        """
        if y_pred.ndim != 4 or y_pred.shape != y.shape:
            raise ValueError(
                f"y_pred and y must be (batch, classes, height, width), both alike, got {tuple(y_pred.shape)} and {tuple(y.shape)}; one-hot class maps first."
            )
        if not self.include_background:
            y_pred, y = ignore_background(y_pred=y_pred, y=y)
        found, reference = _masks(y_pred, "y_pred"), _masks(y, "y")
        values = [
            [compute_cl_dice(*pair) for pair in zip(*image, strict=True)]
            for image in zip(found, reference, strict=True)
        ]
        return torch.tensor(values, device=y_pred.device)

    def aggregate(self, reduction: MetricReduction | str | None = None) -> Tensor | tuple[Tensor, Tensor]:
        """What was measured since `reset`, reduced.

        Args:
            reduction: other than that of the metric.

        Raises:
            ValueError: if nothing was measured.
        """
        data = self.get_buffer()
        if not isinstance(data, Tensor):
            raise ValueError("at least one image must be measured before aggregate, got none; call the metric first.")
        value, not_nans = do_metric_reduction(data, reduction or self.reduction)
        return (value, not_nans) if self.get_not_nans else value


def _masks(onehot: Tensor, name: str):
    """(batch, classes, height, width) as bool numpy."""
    if not ((onehot == 0) | (onehot == 1)).all():
        raise ValueError(
            f"{name} must hold 0 and 1 only, got values from {onehot.min():g} to {onehot.max():g}; binarise it first."
        )
    return onehot.detach().bool().cpu().numpy()

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Sequence

import ignite.distributed as idist
import torch
from ignite.metrics import Metric
from monai.handlers import from_engine
from torch import Tensor

__all__ = ["ThresholdSweep"]

_THRESHOLDS = tuple(i / 20 for i in range(1, 20))


class ThresholdSweep(Metric):
    """The threshold of the probability whose masks agree best with the labels: mean Dice of the images, for 0.05, 0.10, ..., 0.95.

    After a run `threshold` is the best one, of several the one nearest to 0.5, and `dice` the mean by threshold. Images whose
    label is empty do not count, for their Dice says nothing about where to cut. With several classes, or no image that counts, it stays 0.5.

    Of several processes every one gets the result of all images.

    Args:
        thresholds: to try, in (0, 1).
        output_transform: from an engine's output to (logits, labels), see `update`.

    Raises:
        ValueError: if there is no threshold, or one is out of range.
    """

    required_output_keys = ("logits", "label")

    def __init__(
        self,
        thresholds: Sequence[float] = _THRESHOLDS,
        output_transform: Callable = from_engine(["logits", "label"]),  # noqa: B008
    ) -> None:
        self.thresholds = tuple(thresholds)
        if not self.thresholds or not all(0 < threshold < 1 for threshold in self.thresholds):
            raise ValueError(f"thresholds must be some in (0, 1), got {list(self.thresholds)}.")
        super().__init__(output_transform, skip_unrolling=True)

    def reset(self) -> None:
        """Forget all images."""
        self._sums = torch.zeros(len(self.thresholds) + 1, dtype=torch.float64)
        self.threshold, self.dice = 0.5, {}

    @torch.no_grad()
    def update(self, output: tuple[Sequence[Tensor], Sequence[Tensor]]) -> None:
        """Take in images: lists, or a batch, of logits (1, height, width) and labels of the same shape, above 0 in the foreground.

        Logits of several classes are passed over.
        """
        for logits, label in zip(*output, strict=True):
            if len(logits) > 1 or not label.any():
                continue
            probability, truth = logits.float().sigmoid().flatten(), label.flatten().to(logits.device) > 0
            self._sums[:-1] += _dice(probability, truth, torch.tensor(self.thresholds, device=logits.device)).cpu()
            self._sums[-1] += 1

    def compute(self) -> float:
        """The threshold."""
        own = self._sums.clone()  # all_reduce would add the other ranks' to it, again at each call
        *sums, count = (idist.all_reduce(own) if idist.get_world_size() > 1 else own).tolist()
        if count:
            self.dice = {threshold: total / count for threshold, total in zip(self.thresholds, sums, strict=True)}
            self.threshold = max(self.thresholds, key=lambda t: (round(self.dice[t], 9), -abs(t - 0.5)))
        return self.threshold


def _dice(probability: Tensor, truth: Tensor, thresholds: Tensor) -> Tensor:
    """Dice at each threshold, in one pass over the pixels: they are counted by how many thresholds they are above."""
    order = thresholds.argsort()
    above = torch.bucketize(probability, thresholds[order])
    all_pixels, true_pixels = (torch.bincount(a, minlength=len(order) + 1) for a in (above, above[truth]))
    found, hit = (count.flip(0).cumsum(0).flip(0)[1:] for count in (all_pixels, true_pixels))
    return (2 * hit.double() / (found + truth.sum()))[order.argsort()]

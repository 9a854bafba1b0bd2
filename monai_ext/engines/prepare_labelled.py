# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from monai_ext.ops import affine_warp, random_affines, vary_intensity

from .augmented_batch import AugmentedBatch

__all__ = ["PrepareLabelled"]


class PrepareLabelled(AugmentedBatch):
    """Turns a batch of labelled images as bytes into images and labels to train on, on the device: the `prepare_batch` of a task's training.

    Each image is turned, scaled, shifted, and mirrored where anatomy allows, with its label; then exposed in another way. What is
    mirrored shows a heart that does not exist: harmless for "vessel or not", wrong where left and right arteries have names. There, what
    lies beyond the border stays black, too, instead of a mirror image.

    Takes the arguments of `AugmentedBatch`.
    """

    keys = ("image", "label")

    def prepare(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Images and labels of a batch.

        Args:
            batch: `image` and `label` (batch, 1, height, width), uint8.

        Returns:
            image (batch, 1, height, width) float32, standardised; label, float32 class numbers, of the same shape.
        """
        image, label = batch["image"].float() / 255, batch["label"]
        if self.augment:
            draws = self.draws(batch)
            affine = random_affines(draws, **self.geometry)
            mirror = self.geometry["flip"]
            image = vary_intensity(affine_warp(image, affine, mirror=mirror), draws)
            label = affine_warp(label, affine, nearest=True, mirror=mirror)
        return (image - self.mean) / self.std, label.float()

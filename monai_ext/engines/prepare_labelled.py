# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
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

    def __call__(
        self, batch: Mapping[str, Tensor], device: torch.device | str, non_blocking: bool = False, **_: Any
    ) -> tuple[Tensor, Tensor]:
        """Images and labels of a batch.

        Args:
            batch: `image` and `label` (batch, 1, height, width), uint8.
            device: where to work.
            non_blocking: copy without waiting.

        Returns:
            image (batch, 1, height, width) float32, standardised; label, float32 class numbers, of the same shape.
        """
        image, label = (batch[key].to(device, non_blocking=non_blocking) for key in ("image", "label"))
        image = image.float() / 255
        if self.augment:
            generator = self.generator.on(image.device)
            affine = random_affines(len(image), generator=generator, **self.geometry)
            mirror = self.geometry["flip"]
            image = vary_intensity(affine_warp(image, affine, mirror=mirror), generator=generator)
            label = affine_warp(label, affine, nearest=True, mirror=mirror)
        return (image - self.mean) / self.std, label.float()

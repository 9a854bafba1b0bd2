# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from monai_ext.ops import affine_warp, clip_boxes, outline_boxes, random_affines, vary_intensity, warp_points

from .augmented_batch import AugmentedBatch

__all__ = ["PrepareBoxes"]


class PrepareBoxes(AugmentedBatch):
    """Turns a batch of images and outlines of lesions into images and boxes, on the device: the `prepare_batch` of a detector.

    To train, each image is turned, scaled, shifted and mirrored, with its outlines, then exposed in another way; the box is drawn around the
    outline afterwards. What lies beyond the border is black. Of a lesion that is moved out of the image, the part that is left counts as a
    lesion if it is at least `least_share` of its box.

    Args:
        least_share: of a box's area that must be left in the image.
        **options: of `AugmentedBatch`.

    Raises:
        ValueError: as `AugmentedBatch`.
    """

    def __init__(self, *, least_share: float = 0.4, **options: Any) -> None:
        super().__init__(**options)
        self.least_share = least_share

    keys = ("image", "outlines")

    def prepare(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, list[dict[str, Tensor]], tuple, dict]:
        """Images and boxes of a batch.

        Args:
            batch: `image` (batch, 1, height, width), uint8; `outlines` (batch, most, points, 2), pixels, nan where an image has fewer lesions.

        Returns:
            image (batch, 1, height, width) float32, standardised; for each image `boxes` (n, 4) float32 in pixels and `labels` (n,) int64, all 0;
            and what a detector takes besides the image: (those,) and {}.
        """
        image, outlines = batch["image"].float() / 255, batch["outlines"]
        size = tuple(image.shape[-2:])
        if self.augment:
            draws = self.draws(batch)
            affine = random_affines(draws, **self.geometry)
            image = vary_intensity(affine_warp(image, affine, mirror=False), draws)
            outlines = warp_points(outlines, affine, size)
        boxes, kept = clip_boxes(outline_boxes(outlines), size, least_share=self.least_share if self.augment else 0)
        targets = [_target(own[keep]) for own, keep in zip(boxes, kept, strict=True)]
        return (image - self.mean) / self.std, targets, (targets,), {}


def _target(boxes: Tensor) -> dict[str, Tensor]:
    return {"boxes": boxes, "labels": torch.zeros(len(boxes), dtype=torch.int64, device=boxes.device)}

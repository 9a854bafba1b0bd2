# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from monai_ext.ops import affine_warp, clip_boxes, outline_boxes, random_affines, vary_intensity, warp_points

from .device_generator import DeviceGenerator

__all__ = ["PrepareBoxes"]


class PrepareBoxes:
    """Turns a batch of images and outlines of lesions into images and boxes, on the device: the `prepare_batch` of a detector.

    To train, each image is turned, scaled, shifted and mirrored, with its outlines, then exposed in another way; the box is drawn around the
    outline afterwards. What lies beyond the border is black. Of a lesion that is moved out of the image, the part that is left counts as a
    lesion if it is at least `least_share` of its box.

    Args:
        mean: of grey values in [0, 1], to standardise.
        std: of grey values in [0, 1].
        augment: False leaves images and boxes as they are, to judge.
        rotation: largest angle in degrees, either way.
        scale: smallest and largest enlargement.
        shift: largest shift as a share of the side, either way.
        least_share: of a box's area that must be left in the image.
        seed: of what is drawn.
        rank: of this process; every rank draws its own.

    Raises:
        ValueError: if std or a scale is not positive.
    """

    def __init__(
        self,
        *,
        mean: float,
        std: float,
        augment: bool = True,
        rotation: float = 20.0,
        scale: tuple[float, float] = (0.75, 1.4),
        shift: float = 0.1,
        least_share: float = 0.4,
        seed: int = 0,
        rank: int = 0,
    ) -> None:
        if std <= 0 or min(scale) <= 0:
            raise ValueError(f"std and scale must be positive, got {std} and {scale}.")
        self.mean, self.std, self.augment, self.least_share = mean, std, augment, least_share
        self.geometry = {"flip": True, "rotation": rotation, "scale": scale, "shift": shift}
        self.generator = DeviceGenerator(seed, rank)

    def __call__(
        self, batch: Mapping[str, Tensor], device: torch.device | str, non_blocking: bool = False, **_: Any
    ) -> tuple[Tensor, list[dict[str, Tensor]], tuple, dict]:
        """Images and boxes of a batch.

        Args:
            batch: `image` (batch, 1, height, width), uint8; `outlines` (batch, most, points, 2), pixels, nan where an image has fewer lesions.
            device: where to work.
            non_blocking: copy without waiting.

        Returns:
            image (batch, 1, height, width) float32, standardised; for each image `boxes` (n, 4) float32 in pixels and `labels` (n,) int64, all 0;
            and what a detector takes besides the image: (those,) and {}.
        """
        image, outlines = (batch[key].to(device, non_blocking=non_blocking) for key in ("image", "outlines"))
        size = tuple(image.shape[-2:])
        image = image.float() / 255
        if self.augment:
            generator = self.generator.on(image.device)
            affine = random_affines(len(image), generator=generator, **self.geometry)
            image = vary_intensity(affine_warp(image, affine, mirror=False), generator=generator)
            outlines = warp_points(outlines, affine, size)
        boxes, kept = clip_boxes(outline_boxes(outlines), size, least_share=self.least_share if self.augment else 0)
        targets = [_target(own[keep]) for own, keep in zip(boxes, kept, strict=True)]
        return (image - self.mean) / self.std, targets, (targets,), {}

    def state_dict(self) -> dict[str, Any]:
        """State of the generator, for the checkpoint."""
        return self.generator.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state, see `DeviceGenerator`."""
        self.generator.load_state_dict(state)


def _target(boxes: Tensor) -> dict[str, Tensor]:
    return {"boxes": boxes, "labels": torch.zeros(len(boxes), dtype=torch.int64, device=boxes.device)}

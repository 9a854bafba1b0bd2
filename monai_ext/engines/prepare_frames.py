# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from monai_ext.ops import crop_resize, crop_resize_nearest, full_boxes, random_crop_boxes

from .device_generator import DeviceGenerator

__all__ = ["PrepareFrames"]


class PrepareFrames:
    """Turns a batch of raw frames into images and vessel maps, on the device: the `prepare_batch` of the segmentor's training.

    Random resized crop (bicubic image, nearest map) and left-to-right flip of the whole batch at once; or, without
    augmentation, the whole frame resized. Drawn from a generator of its own, seeded by rank, whose state is part of the
    checkpoint.

    Args:
        image_size: height and width of the images in pixels; one number for a square.
        mean: of grey values in [0, 1], to standardise.
        std: of grey values in [0, 1].
        augment: random crop and flip; False for evaluation.
        seed: of the generator.
        rank: of this process; every rank draws its own crops.
        flip: mirror half of the crops; False where left and right matter.
        area: smallest and largest share of the frame's area in a crop.
        ratio: smallest and largest ratio of width to height of a crop.

    Raises:
        ValueError: if image_size or std is not positive.
    """

    def __init__(
        self,
        *,
        image_size: int | tuple[int, int],
        mean: float,
        std: float,
        augment: bool = True,
        seed: int = 0,
        rank: int = 0,
        flip: bool = True,
        area: tuple[float, float] = (0.2, 1.0),
        ratio: tuple[float, float] = (3 / 4, 4 / 3),
    ) -> None:
        self.size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
        if len(self.size) != 2 or not all(isinstance(side, int) and side > 0 for side in self.size):
            raise ValueError(f"image_size must be one positive integer or [height, width], got {image_size}.")
        if std <= 0:
            raise ValueError(f"std must be positive, got {std}.")
        self.mean, self.std = mean, std
        self.augment, self.flip, self.area, self.ratio = augment, flip, area, ratio
        self.generator = DeviceGenerator(seed, rank)

    def __call__(
        self, batch: Mapping[str, Tensor], device: torch.device | str, non_blocking: bool = False, **_: Any
    ) -> tuple[Tensor, Tensor]:
        """Images and vessel maps of a batch.

        Args:
            batch: `image` (batch, 1, rows, columns) uint8, `vessels` (batch, 1, rows, columns / 8) bit-packed,
                `extent` (batch, 2) height and width of the frame in its top-left corner.
            device: where to work.
            non_blocking: copy without waiting.

        Returns:
            image (batch, 1, height, width) float32, standardised; vessels, bool, of the same shape.
        """
        image, vessels, extent = (
            batch[key].to(device, non_blocking=non_blocking) for key in ("image", "vessels", "extent")
        )
        boxes, flip = self._draw(extent)
        image = crop_resize(image, boxes, self.size, flip).clamp_(0, 255)
        vessels = crop_resize_nearest(vessels, boxes, self.size, flip)
        return image.sub_(255 * self.mean).div_(255 * self.std), vessels

    def _draw(self, extent: Tensor) -> tuple[Tensor, Tensor | None]:
        if not self.augment:
            return full_boxes(extent), None
        generator = self.generator_on(extent.device)
        boxes = random_crop_boxes(extent, generator=generator, area=self.area, ratio=self.ratio)
        if not self.flip:
            return boxes, None
        return boxes, torch.rand(len(extent), generator=generator, device=extent.device) < 0.5

    def generator_on(self, device: torch.device) -> torch.Generator:
        """What crops are drawn from."""
        return self.generator.on(device)

    def state_dict(self) -> dict[str, Any]:
        """State of the generator, for the checkpoint."""
        return self.generator.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state, see `DeviceGenerator`."""
        self.generator.load_state_dict(state)

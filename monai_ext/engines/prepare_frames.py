# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from monai_ext.ops import ImageDraws, crop_resize, crop_resize_nearest, full_boxes, random_crop_boxes

from .prepare_batch import PrepareBatch

__all__ = ["PrepareFrames"]


class PrepareFrames(PrepareBatch):
    """Turns a batch of raw frames into images and vessel maps, on the device: the `prepare_batch` of the segmentor's training.

    Random resized crop (bicubic image, nearest map) and left-to-right flip of the whole batch at once; or, without
    augmentation, the whole frame resized.

    Args:
        image_size: height and width of the images in pixels; one number for a square.
        flip: mirror half of the crops; False where left and right matter.
        area: smallest and largest share of the frame's area in a crop.
        ratio: smallest and largest ratio of width to height of a crop.
        **options: of `PrepareBatch`; augment is False for evaluation.

    Raises:
        ValueError: if image_size or std is not positive.
    """

    keys = ("image", "vessels", "extent")

    def __init__(
        self,
        *,
        image_size: int | tuple[int, int],
        flip: bool = True,
        area: tuple[float, float] = (0.2, 1.0),
        ratio: tuple[float, float] = (3 / 4, 4 / 3),
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
        if len(self.size) != 2 or not all(isinstance(side, int) and side > 0 for side in self.size):
            raise ValueError(f"image_size must be one positive integer or [height, width], got {image_size}.")
        self.flip, self.area, self.ratio = flip, area, ratio

    def prepare(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Images and vessel maps of a batch.

        Args:
            batch: `image` (batch, 1, rows, columns) uint8, `vessels` (batch, 1, rows, columns / 8) bit-packed,
                `extent` (batch, 2) height and width of the frame in its top-left corner.

        Returns:
            image (batch, 1, height, width) float32, standardised; vessels, bool, of the same shape.
        """
        return self.images(batch, self.draws(batch))

    def images(self, batch: Mapping[str, Tensor], draws: ImageDraws) -> tuple[Tensor, Tensor]:
        """As `prepare`, drawn from where others draw, too."""
        boxes, flip = self._draw(batch["extent"], draws)
        image = crop_resize(batch["image"], boxes, self.size, flip).clamp_(0, 255)
        vessels = crop_resize_nearest(batch["vessels"], boxes, self.size, flip)
        return image.sub_(255 * self.mean).div_(255 * self.std), vessels

    def _draw(self, extent: Tensor, draws: ImageDraws) -> tuple[Tensor, Tensor | None]:
        if not self.augment:
            return full_boxes(extent), None
        boxes = random_crop_boxes(extent, draws, area=self.area, ratio=self.ratio)
        return boxes, draws.uniform() < 0.5 if self.flip else None

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from monai_ext.ops import affine_warp, random_affines, vary_intensity

from .device_generator import DeviceGenerator

__all__ = ["PrepareLabelled"]


class PrepareLabelled:
    """Turns a batch of labelled images as bytes into images and labels to train on, on the device: the `prepare_batch` of a task's training.

    Each image is turned, scaled, shifted, and mirrored where anatomy allows, with its label; then exposed in another way. What is
    mirrored shows a heart that does not exist: harmless for "vessel or not", wrong where left and right arteries have names. There, what
    lies beyond the border stays black, too, instead of a mirror image.

    Args:
        mean: of grey values in [0, 1], to standardise.
        std: of grey values in [0, 1].
        augment: False leaves images as they are.
        flip: mirror half of the images left to right.
        rotation: largest angle in degrees, either way.
        scale: smallest and largest enlargement.
        shift: largest shift as a share of the side, either way.
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
        flip: bool = True,
        rotation: float = 20.0,
        scale: tuple[float, float] = (0.75, 1.4),
        shift: float = 0.1,
        seed: int = 0,
        rank: int = 0,
    ) -> None:
        if std <= 0 or min(scale) <= 0:
            raise ValueError(f"std and scale must be positive, got {std} and {scale}.")
        self.mean, self.std, self.augment = mean, std, augment
        self.geometry = {"flip": flip, "rotation": rotation, "scale": scale, "shift": shift}
        self.generator = DeviceGenerator(seed, rank)

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

    def state_dict(self) -> dict[str, Any]:
        """State of the generator, for the checkpoint."""
        return self.generator.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state, see `DeviceGenerator`."""
        self.generator.load_state_dict(state)

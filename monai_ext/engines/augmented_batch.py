# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .device_generator import DeviceGenerator

__all__ = ["AugmentedBatch"]


class AugmentedBatch:
    """What `PrepareLabelled` and `PrepareBoxes` have in common: how images of a batch are varied, and the generator of it. Abstract.

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

    def state_dict(self) -> dict[str, Any]:
        """State of the generator, for the checkpoint."""
        return self.generator.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state, see `DeviceGenerator`."""
        self.generator.load_state_dict(state)

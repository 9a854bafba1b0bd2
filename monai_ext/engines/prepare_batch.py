# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from monai_ext.ops import ImageDraws

__all__ = ["PrepareBatch"]


class PrepareBatch(ABC):
    """What the `prepare_batch` of every training has in common: bytes go to the device, where images are varied. Abstract.

    What is drawn for an image follows from the seed, the epoch and its number in the data set alone (`ImageDraws`): it is the same in
    any number of processes and after any restart, and there is no state to save. `TrainStep` tells the epoch.

    Args:
        mean: of grey values in [0, 1], to standardise.
        std: of grey values in [0, 1].
        augment: False leaves images as they are.
        seed: of what is drawn.

    Raises:
        ValueError: if std is not positive.
    """

    keys: tuple[str, ...]
    """What of a batch goes to the device, beside `index`."""

    def __init__(self, *, mean: float, std: float, augment: bool = True, seed: int = 0) -> None:
        if std <= 0:
            raise ValueError(f"std must be positive, got {std}.")
        self.mean, self.std, self.augment, self.seed = mean, std, augment, seed

    @torch.no_grad()
    def __call__(
        self,
        batch: Mapping[str, Tensor],
        device: torch.device | str,
        non_blocking: bool = False,
        *,
        epoch: int = 0,
        **_: Any,
    ) -> tuple:
        """Images and targets of a batch.

        Args:
            batch: `keys`, and where something is drawn `index` (batch,), int64, the numbers of the images in the data set.
            device: where to work.
            non_blocking: copy without waiting.
            epoch: of the training, from 1 on; 0 outside of one.

        Returns:
            As `prepare`.
        """
        moved = {key: batch[key].to(device, non_blocking=non_blocking) for key in (*self.keys, "index") if key in batch}
        filled = {name: torch.full((), number, device=device) for name, number in self.numbers(epoch).items()}
        return self.prepare(moved | filled)

    @abstractmethod
    def prepare(self, batch: Mapping[str, Tensor]) -> tuple:
        """Images and targets of tensors on one device: a function of them alone, which can be compiled."""

    def numbers(self, epoch: int) -> dict[str, int]:
        """What changes from epoch to epoch; as tensors, so that a compiled `prepare` is not compiled anew."""
        return {"epoch": epoch}

    def draws(self, batch: Mapping[str, Tensor]) -> ImageDraws:
        """Where the randomness of a batch comes from."""
        return ImageDraws(self.seed, batch["epoch"], batch["index"])

    def compile(self, **options: Any) -> None:
        """From now on `prepare` runs compiled.

        Args:
            **options: of `torch.compile`.
        """
        self.prepare = torch.compile(self.prepare, **options)

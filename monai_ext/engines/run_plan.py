# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import Dataset

__all__ = ["RunPlan"]

_PROBE_IMAGES = 2


@dataclass(frozen=True)
class RunPlan:
    """How a number of images becomes batches, steps and a learning rate; and what to tell the user before it starts.

    The batch that the user asks for is the one that the optimiser sees: summed over processes and accumulated
    micro-batches, in every step. A corpus smaller than that makes the batch smaller, and the rate with it.

    Args:
        images: number of images in the corpus.
        epochs: passes over it.
        batch_size: images a step of the optimiser, over all processes.
        base_rate: learning rate at a batch of `reference_batch`; it grows in proportion.
        reference_batch: None for the same rate at any batch.
        device_batch_size: images that one process holds at a time, at most; the rest is accumulated.
        world_size: number of processes.
        warmup_epochs: epochs of linear growth of the rate.

    Raises:
        ValueError: if a number is not positive, the warm-up is not shorter than the run, or there are fewer images than processes.

    References:
        Linear scaling of the rate: Goyal et al., arXiv 1706.02677.
    """

    images: int
    epochs: int
    batch_size: int
    base_rate: float
    device_batch_size: int = 256
    world_size: int = 1
    warmup_epochs: float = 0.0
    reference_batch: int | None = 256

    def __post_init__(self) -> None:
        for name in ("images", "epochs", "batch_size", "base_rate", "device_batch_size", "world_size"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}.")
        if not 0 <= self.warmup_epochs < self.epochs:
            raise ValueError(
                f"warmup_epochs must be >= 0 and below epochs, got {self.warmup_epochs} of {self.epochs}; set both."
            )
        if min(self.images, self.batch_size) < self.world_size:
            raise ValueError(
                f"every process needs an image a step, got {self.images} images, a batch_size of {self.batch_size} and "
                f"{self.world_size} processes; start fewer processes or use a larger batch."
            )

    @property
    def _share(self) -> int:
        """Images of one step in one process."""
        return min(self.batch_size, self.images) // self.world_size

    @property
    def accumulation(self) -> int:
        """Micro-batches a step."""
        return -(-self._share // self.device_batch_size)

    @property
    def micro_batch(self) -> int:
        """Images that one process holds at a time."""
        return self._share // self.accumulation

    @property
    def total_batch(self) -> int:
        """Images a step of the optimiser, over all processes."""
        return self.micro_batch * self.accumulation * self.world_size

    @property
    def steps(self) -> int:
        """Of the optimiser in an epoch, all of the same batch; images that do not fill one wait for another epoch's order."""
        return self.images // self.total_batch

    @property
    def iterations(self) -> int:
        """Micro-batches of one process in an epoch."""
        return self.steps * self.accumulation

    @property
    def learning_rate(self) -> float:
        """base_rate * batch / reference_batch."""
        return self.base_rate * (self.total_batch / self.reference_batch if self.reference_batch else 1)

    @property
    def warmup_steps(self) -> int:
        """Steps of linear growth of the rate."""
        return round(self.warmup_epochs * self.steps)

    def describe(self) -> str:
        """One line: epochs, steps, batch, rate; says so where the corpus is smaller than the batch."""
        parts = f"{self.micro_batch} images x {self.accumulation} micro-batches x {self.world_size} processes"
        smaller = f"; batch_size {self.batch_size} was asked" if self.total_batch != self.batch_size else ""
        return (
            f"{self.epochs} epochs of {self.steps} steps, batch {self.total_batch} ({parts}{smaller}), "
            f"learning rate {self.learning_rate:.3g}"
        )

    def seconds(
        self,
        network: nn.Module,
        loss_function: Callable,
        prepare_batch: Callable,
        dataset: Dataset,
        device: torch.device | str,
    ) -> float:
        """Estimated time of the run, measured on two images on this device.

        A copy of the network takes the step, so the run itself is not changed.

        Returns:
            Seconds; on a GPU, which likes larger batches, an upper bound.
        """
        probe = copy.deepcopy(network)
        batch = dataset.__getitems__([i % self.images for i in range(_PROBE_IMAGES)])
        gpus = [device] if torch.device(device).type == "cuda" else []
        with torch.random.fork_rng(devices=gpus):  # dropout draws from the global generators
            for _ in range(2):  # the first one warms up
                start = time.perf_counter()
                image, targets, *rest = prepare_batch(batch, device)
                loss_function(probe(image, *(rest[0] if rest else ())), targets).backward()
                if image.is_cuda:
                    torch.cuda.synchronize()
                elapsed = time.perf_counter() - start
        return elapsed / _PROBE_IMAGES * self.images * self.epochs / self.world_size

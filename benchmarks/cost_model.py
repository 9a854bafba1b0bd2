# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["BUCKET", "CostModel", "Link", "StepCost"]

BUCKET = 25 * 2**20
"""Bytes of gradient that DistributedDataParallel sends at a time."""


@dataclass(frozen=True)
class Link:
    """What processes average their gradients over.

    Args:
        rate: bytes a second that reach and leave each process while all do so.
        latency: seconds of one message.
    """

    rate: float
    latency: float = 0.0

    def all_reduce(self, size: float, processes: int) -> float:
        """Seconds to add up `size` bytes in a ring: each process sends 2 (n - 1) / n of them, in 2 (n - 1) messages a bucket."""
        if processes == 1:
            return 0.0
        messages = 2 * (processes - 1) * max(1.0, size / BUCKET)
        return 2 * (processes - 1) / processes * size / self.rate + messages * self.latency


@dataclass(frozen=True)
class StepCost:
    """Seconds of one step of the optimiser.

    Args:
        compute: forward, backward and update.
        communication: the whole all-reduce.
        waiting: the part of it that no backward pass covers.
        data: reading what the step needs, ahead of it.
    """

    compute: float
    communication: float
    waiting: float
    data: float

    @property
    def seconds(self) -> float:
        """Of the step: batches are read ahead, so only a loader that is slower than the step shows."""
        return max(self.compute + self.waiting, self.data)


@dataclass(frozen=True)
class CostModel:
    """How long a step takes: linear in the images of a micro-batch, a ring between processes, batches read ahead.

    A micro-batch of m images takes fixed + m * image seconds, a step of a micro-batches a times that and the update. Gradients are sent
    in buckets while the last backward pass of a step goes on; the last bucket always follows it. A CPU sends with the cores that
    compute: nothing is covered there.

    Args:
        fixed: seconds a micro-batch, however small.
        image: seconds an image.
        update: seconds of the optimiser's step.
        backward: share of the backward pass in the time of a micro-batch.
        gradients: bytes of all gradients.
        frames: images a second that one process's loader reads.
        covers: whether sending runs beside the backward pass.
    """

    fixed: float
    image: float
    update: float
    backward: float
    gradients: float
    frames: float
    covers: bool

    @classmethod
    def of(cls, measured: Mapping[str, Any]) -> CostModel:
        """From the smallest and the largest micro-batch of a file of measurements; those between judge it.

        A single one tells no `fixed`: it counts as 0.

        Raises:
            ValueError: if no micro-batch was measured as a step of its own.
        """
        passes, update = measured["parts"]["forward"] + measured["parts"]["backward"], measured["parts"]["optimizer"]
        fixed, image = _line(measured["steps"], update)
        return cls(
            fixed=fixed,
            image=image,
            update=update,
            backward=measured["parts"]["backward"] / passes,
            gradients=measured["gradient_bytes"],
            frames=max(row["frames_per_second"] for row in measured["loader"]),
            covers=measured["device"] == "cuda",
        )

    def micro_batch(self, images: int) -> float:
        """Seconds of a forward and a backward pass."""
        return self.fixed + images * self.image

    def step(self, images: int, accumulation: int, processes: int, link: Link) -> StepCost:
        """Cost of a step.

        Args:
            images: of a micro-batch.
            accumulation: micro-batches a step.
            processes: that average their gradients.
            link: between them.
        """
        passes, sending = self.micro_batch(images), link.all_reduce(self.gradients, processes)
        covered = self.backward * passes if self.covers else 0.0
        waiting = max(sending - covered, sending * min(1.0, BUCKET / self.gradients))
        compute = accumulation * passes + self.update
        return StepCost(compute, sending, waiting, accumulation * images / self.frames)


def _line(steps: Sequence[Mapping[str, Any]], update: float) -> tuple[float, float]:
    """Seconds of a micro-batch and of an image."""
    whole = sorted((row["micro_batch"], row["seconds"] - update) for row in steps if row["accumulation"] == 1)
    if not whole:
        raise ValueError("steps must hold a micro-batch without accumulation, got none; measure one.")
    (small, least), (large, most) = whole[0], whole[-1]
    image = (most - least) / (large - small) if large > small else most / large
    return most - large * image, image

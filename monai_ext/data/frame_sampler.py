# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator, Sized

import ignite.distributed as idist
import torch
from torch.utils.data import DistributedSampler

__all__ = ["FrameSampler"]

_CHUNK = 4096


class FrameSampler(DistributedSampler):
    """The order of an epoch, shared among processes without overlap or padding, which can go on inside the epoch.

    One permutation of all images follows from (seed, epoch); process r of n takes its entries r, r + n, r + 2n, ...

    torch's own sampler pads with images that are seen twice, cannot go on inside an epoch, and holds the order as a list:
    48 MB for a million images, 11 here. A DistributedSampler by class, since MONAI's trainer tells the epoch
    to those; with `drop_last` the order is that of torch's.

    Args:
        dataset: its length counts, nothing else.
        num_replicas: number of processes; of the process group when left out.
        rank: of this process; of the process group when left out.
        shuffle: False for the order of the dataset.
        seed: of the order, the same on all ranks; the global generators are not used.
        drop_last: all ranks get the same number of images, and those that are too few for it wait for another epoch's order. False:
            every image once, and the ranks differ by one image at most.
        group: with `drop_last`, images of all ranks that belong together, as those of an optimiser's step do: an epoch holds whole groups,
            the same in any number of processes; `num_replicas` when left out.

    Raises:
        ValueError: if rank is none of the processes, a process would have no image, or the group is none that the processes share evenly or is larger
            than the data set.
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
        group: int | None = None,
    ) -> None:
        num_replicas = idist.get_world_size() if num_replicas is None else num_replicas
        rank = idist.get_rank() if rank is None else rank
        if not 0 <= rank < num_replicas:
            raise ValueError(f"rank must lie in 0..num_replicas - 1, got {rank} of {num_replicas} processes.")
        self.images = len(dataset)
        if self.images < num_replicas:
            raise ValueError(
                f"dataset must hold an image for every process, got {self.images} images and {num_replicas} processes; "
                "start fewer processes."
            )
        self.group = num_replicas if group is None else group
        if not (self.group > 0 == self.group % num_replicas and self.group <= self.images):
            raise ValueError(
                f"group must be a multiple of num_replicas and at most the number of images, got {self.group}, {num_replicas} processes and "
                f"{self.images} images."
            )
        super().__init__(dataset, num_replicas, rank, shuffle, seed, drop_last)
        self.total_size = self.images - self.images % self.group if drop_last else self.images
        self.num_samples = len(range(rank, self.total_size, num_replicas))
        self._start: tuple[int, int] | None = None

    @property
    def rule(self) -> dict[str, int]:
        """What the order follows from, beside the epoch: a place inside an epoch means nothing under another rule."""
        return {
            "images": self.images,
            "processes": self.num_replicas,
            "seed": self.seed,
            "shuffle": int(self.shuffle),
            "drop_last": int(self.drop_last),
            "group": self.group,
        }

    def start(self, epoch: int, samples: int) -> None:
        """The next iteration of an epoch begins later, once; the length stays that of the whole epoch.

        Args:
            epoch: as `set_epoch` will tell it.
            samples: number of images of this rank to leave out at its beginning.

        Raises:
            ValueError: if this rank has fewer images.
        """
        if not 0 <= samples <= self.num_samples:
            raise ValueError(
                f"samples must lie in 0..{self.num_samples}, the images of rank {self.rank}, got {samples}."
            )
        self._start = (epoch, samples)

    def __iter__(self) -> Iterator[int]:
        # A generator: a data loader with workers makes two iterators and draws from the second alone.
        samples = 0
        if self._start is not None and self._start[0] == self.epoch:
            samples, self._start = self._start[1], None
        own = self._order()[self.rank : self.total_size : self.num_replicas][samples:]
        for chunk in own.split(_CHUNK):
            yield from chunk.tolist()

    def _order(self) -> torch.Tensor:
        if not self.shuffle:
            return torch.arange(self.images)
        return torch.randperm(self.images, generator=torch.Generator().manual_seed(self.seed + self.epoch))

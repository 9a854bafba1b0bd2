# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy import ndarray

from monai_ext import ops
from monai_ext.ops import atomic_file

from ..shard_writer import ShardWriter
from ..square_frame import square_frame
from ..system_errors import SYSTEM_ERRORS
from .decode_frames import decode_frames
from .run_jobs import MEMORY
from .unreadable_source import UnreadableSource

__all__ = ["BuildShard", "ShardPlan"]


@dataclass(frozen=True)
class ShardPlan:
    """What goes into a shard."""

    name: str
    """A hash of all that the shard depends on."""
    files: tuple[tuple[Path, tuple[int, ...]], ...]
    """Files with the numbers of their frames, in the order of the shard."""

    @property
    def frames(self) -> int:
        """How many there are."""
        return sum(len(frames) for _, frames in self.files)


@dataclass(frozen=True)
class BuildShard:
    """Decodes the frames of a shard, computes their vessel maps and writes it, in whichever process; a function for `run_jobs`.

    The shard `<plan>.npy` appears whole or not at all; `<plan>.json`, written after it, holds sums of its grey values, and tells that it need not be
    made again.
    """

    folder: Path
    size: int
    method: str

    def shard(self, plan: ShardPlan) -> Path:
        """Where the shard of a plan lies or will."""
        return self.folder / f"{plan.name}.npy"

    def __call__(self, plan: ShardPlan) -> None:
        """Makes the shard of a plan, unless it is there."""
        if self.is_done(plan):
            return
        sums = np.zeros(3, np.int64)
        with (
            atomic_file(self.shard(plan), shared=True) as temporary,
            ShardWriter(temporary, self.size) as shard,
        ):
            for frame in _decode(plan):
                shard.append(*self._square(frame))
                sums += _sums(frame)
        with atomic_file(self._note(plan), shared=True) as temporary:
            temporary.write_text(json.dumps(sums.tolist()))

    def is_done(self, plan: ShardPlan) -> bool:
        """Whether the shard of a plan exists."""
        return self._note(plan).is_file() and self.shard(plan).is_file()

    def sums(self, plan: ShardPlan) -> list[int]:
        """Number of pixels of a finished shard's frames, sum of their values and of the squares."""
        return json.loads(self._note(plan).read_text())

    def _note(self, plan: ShardPlan) -> Path:
        return self.folder / f"{plan.name}.json"

    def began(self, plan: ShardPlan) -> bool:
        """Never: all files were decoded once before, and none killed its process."""
        return False

    def blame(self, plan: ShardPlan) -> BuildShard:
        """See `began`.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(MEMORY)

    def _square(self, frame: ndarray) -> tuple:
        image = torch.from_numpy(frame.astype(np.float32))[None, None]
        return square_frame(frame, ops.extract_vessels(image, method=self.method)[0, 0].numpy(), self.size)


def _decode(plan: ShardPlan) -> Iterator[ndarray]:
    try:
        for path, frames in plan.files:
            yield from decode_frames(path, frames)
    except (ValueError, OSError) as error:
        if getattr(error, "errno", None) in SYSTEM_ERRORS:
            raise UnreadableSource(error) from None
        raise ValueError(
            "all files must stay as they are while they are curated, one has changed or is gone; run the same command again."
        ) from None


def _sums(frame: ndarray) -> list[int]:
    values = frame.astype(np.int64)
    return [values.size, int(values.sum()), int((values * values).sum())]

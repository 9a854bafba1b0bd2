# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import ignite.distributed as idist

__all__ = ["gather_in_turns"]

_Image = TypeVar("_Image")


def gather_in_turns(own: Sequence[_Image]) -> list[_Image]:
    """What all ranks have of the images, in the order of the data; every rank takes part and gets it.

    Rank r of n has the images r, r + n, r + 2n, ... (`FrameSampler(shuffle=False)`).

    Args:
        own: what this rank has, one an image; can be pickled.

    Raises:
        RuntimeError: if no rank has an image, or the images were not dealt to the ranks in turns.
    """
    parts = idist.all_gather(list(own)) if idist.get_world_size() > 1 else [own]
    counts = [len(part) for part in parts]
    expected = [len(range(rank, sum(counts), len(parts))) for rank in range(len(parts))]
    if not sum(counts):
        raise RuntimeError("no image was evaluated; check that the data holds at least one.")
    if counts != expected:
        raise RuntimeError(
            f"images must be dealt to the ranks in turns, got {counts} and not {expected}; use FrameSampler without shuffle."
        )
    return [parts[index % len(parts)][index // len(parts)] for index in range(sum(counts))]

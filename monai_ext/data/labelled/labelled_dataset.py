# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch.utils.data import Dataset

from monai_ext.ops import one_line

from ..parallel_map import parallel_map
from ..progress_bar import progress_bar

__all__ = ["LabelledDataset"]

_SHOWN = 10
_WORTH_A_PROCESS = 500  # images: read in the time that it takes to start one

logger = logging.getLogger(__name__)


class LabelledDataset(Dataset):
    """Images with labels of a task, read once and held in memory: what `LabelledImages` and `LabelledBoxes` have in common. Abstract.

    What cannot be used is left out and reported, file by file.

    Args:
        data: for each image `image`, its path, and `label`.
        read: of a module, so that other processes find it; makes what is held of an item, the size and the options, or says why not by a ValueError or OSError.
        options: further arguments of `read`.
        size: side of squares in pixels, [height, width], or None for the images' own sizes, see `fit_to_size`.
        processes: that read; None for one a core, fewer for few images.

    Attributes:
        data: the items that are used.
        left_out: why each other one is not, with its file.

    Raises:
        ValueError: if no image can be used (names them), there is none, or the size is out of range.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        read: Callable[..., Any],
        options: Sequence[Any] = (),
        *,
        size: int | Sequence[int] | None = None,
        processes: int | None = None,
    ) -> None:
        _check(data, size)
        jobs = ((read, item, size, *options) for item in data)
        results = parallel_map(_try, jobs, count=len(data), processes=processes, worth=_WORTH_A_PROCESS)
        results = list(progress_bar("reading labelled images", len(data), "image", over=results))
        self.data = [item for item, result in zip(data, results, strict=True) if not isinstance(result, str)]
        self._held = [result for result in results if not isinstance(result, str)]
        self.left_out = [result for result in results if isinstance(result, str)]
        if not self.data:
            raise ValueError(f"none of {len(data)} labelled images can be used:{_first(self.left_out)}")
        self._report(self.left_out, f"{len(self.left_out)} of {len(data)} labelled images are left out")

    @property
    def files(self) -> list[str]:
        """Paths of the images."""
        return [str(item["image"]) for item in self.data]

    def __len__(self) -> int:
        return len(self.data)

    @staticmethod
    def _report(reasons: list[str], headline: str) -> None:
        """Logs what is not used, the first lines of it."""
        if reasons:
            logger.warning(f"{headline}:{_first(reasons)}")


def _check(data: Sequence, size: int | Sequence[int] | None) -> None:
    if not len(data):
        raise ValueError("data must hold at least one image, got none.")
    sides = [] if size is None else [size] * 2 if isinstance(size, int) else list(size)
    if len(sides) not in (0, 2) or any(side < 1 for side in sides):
        raise ValueError(f"size must be one positive number or [height, width], got {size}.")


def _try(job: tuple) -> Any:
    """What is read; or why it cannot be."""
    read, *arguments = job
    try:
        return read(*arguments)
    except (ValueError, OSError) as error:
        return str(error)


def _first(reasons: list[str]) -> str:
    lines = [f"\n  {one_line(reason)}" for reason in reasons[:_SHOWN]]
    return "".join(lines) + (f"\n  and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else "")

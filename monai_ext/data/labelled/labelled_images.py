# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy import ndarray
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from ..parallel_map import parallel_map
from ..progress_bar import progress_bar
from .label_source import LABELS
from .read_labelled import read_labelled

__all__ = ["LabelledImages"]

_SHOWN = 10
_WORTH_A_PROCESS = 500  # images: read in the time that it takes to start one

logger = logging.getLogger(__name__)


class LabelledImages(Dataset):
    """Images and labels of a task, read once and held as bytes: 0.5 MB an image of 512 px.

    To train, all are brought to one size: reduced or enlarged until the longer side fits, and filled up to a square at the right and lower border, by their mirror
    image; with several classes, which a mirror image would put on the wrong side, by black background.
    To judge, they stay as they are, standardised, and a data loader takes one at a time.

    What cannot be used is left out and reported, file by file: broken or tiny images, labels of another size, classes out of range, empty labels.

    A sample is `image` and `label`, (1, height, width), uint8: grey values, and classes of which 0 is the background; `image` is float32 where it
    is standardised.

    Args:
        data: for each image `image`, its path, and `label`, a `Record` or the path of a mask file, see `read_labelled`.
        label: what of a record, one of `LABELS`: "vessels", "segments" or "stenoses".
        classes: 1, or the number of classes.
        size: side of squares in pixels, or [height, width] to which images are stretched; None for their own sizes.
        mean: of grey values in [0, 1], to standardise; None leaves bytes.
        std: of grey values in [0, 1], above 0; goes with mean.
        min_size: shortest side in pixels that an image may have: a patch.
        processes: that read; None for one a core, fewer for few images.

    Attributes:
        data: the items that are used.
        left_out: why each other one is not, with its file.

    Raises:
        ValueError: if no image can be used (names them), there is none, or an argument is out of range.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        *,
        label: str = "vessels",
        classes: int = 1,
        size: int | Sequence[int] | None = None,
        mean: float | None = None,
        std: float | None = None,
        min_size: int = 16,
        processes: int | None = None,
    ) -> None:
        _check(data, label, classes, size, mean, std)
        self.mean, self.std, self.label = mean, std, label
        jobs = ((item, label, classes, size, min_size) for item in data)
        read = parallel_map(_read, jobs, count=len(data), processes=processes, worth=_WORTH_A_PROCESS)
        read = list(progress_bar("reading labelled images", len(data), "image", over=read))
        self.data = [item for item, pair in zip(data, read, strict=True) if not isinstance(pair, str)]
        self._pairs = [tuple(map(torch.tensor, pair)) for pair in read if not isinstance(pair, str)]
        self.left_out = [pair for pair in read if isinstance(pair, str)]
        _report(self.left_out, len(data))

    @property
    def files(self) -> list[str]:
        """Paths of the images."""
        return [str(item["image"]) for item in self.data]

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        image, label = (values[None] for values in self._pairs[index])
        if self.mean is not None:
            image = (image.float() / 255 - self.mean) / self.std
        return {"image": image, "label": label}

    def __getitems__(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """A batch, stacked."""
        samples = [self[index] for index in indices]
        return {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}

    def summary(self) -> dict[str, int | list[str]]:
        """Counts for a report: images, and those left out with their reasons."""
        return {f"images with {self.label}": len(self), "left out": self.left_out or 0}

    def describe(self) -> str:
        """One line: how many images, how many are left out."""
        left = f" ({len(self.left_out)} left out)" if self.left_out else ""
        return f"{len(self)} images with {self.label}{left}"


def _check(
    data: Sequence, label: str, classes: int, size: int | Sequence[int] | None, mean: float | None, std: float | None
) -> None:
    if not len(data):
        raise ValueError("data must hold at least one image, got none.")
    if label not in LABELS:
        raise ValueError(f"label must be one of {', '.join(LABELS)}, got {label!r}.")
    if not 1 <= classes <= 255:
        raise ValueError(f"classes must lie in 1..255, without the background, got {classes}.")
    sides = [] if size is None else [size] * 2 if isinstance(size, int) else list(size)
    if len(sides) not in (0, 2) or any(side < 1 for side in sides):
        raise ValueError(f"size must be one positive number or [height, width], got {size}.")
    if (mean is None) != (std is None) or (std is not None and std <= 0):
        raise ValueError(f"mean and std must be given together, std above 0, got {mean} and {std}.")


def _read(job: tuple) -> tuple[ndarray, ndarray] | str:
    """Image and label; or why there are none."""
    item, label, classes, size, min_size = job
    try:
        image, values = read_labelled(item, label, classes)
    except (ValueError, OSError) as error:
        return str(error)
    if min(image.shape) < min_size:
        height, width = image.shape
        return f"both sides of '{item['image']}' must be at least {min_size} px, got {height}x{width}; enlarge it."
    return (image, values) if size is None else _fit(image, values, size, mirror=classes == 1)


def _fit(image: ndarray, label: ndarray, size: int | Sequence[int], *, mirror: bool) -> tuple[ndarray, ndarray]:
    if isinstance(size, int):
        height, width = (max(1, round(side * size / max(image.shape))) for side in image.shape)
    else:
        height, width = size
    if (height, width) != image.shape:
        image = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))
        label = np.asarray(Image.fromarray(label).resize((width, height), Image.Resampling.NEAREST))
    room = [(0, size - side) for side in (height, width)] if isinstance(size, int) else 0
    mode = "symmetric" if mirror else "constant"
    return np.pad(image, room, mode=mode), np.pad(label, room, mode=mode)


def _report(reasons: list[str], total: int) -> None:
    if not reasons:
        return
    shown = "\n".join(f"  {line}" for line in reasons[:_SHOWN])
    more = f"\n  and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    if len(reasons) == total:
        raise ValueError(f"none of {total} labelled images can be used:\n{shown}{more}")
    logger.warning(f"{len(reasons)} of {total} labelled images are left out:\n{shown}{more}")

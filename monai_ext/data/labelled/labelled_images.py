# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from numpy import ndarray
from PIL import Image
from torch import Tensor

from .fit_to_size import fit_to_size
from .label_source import MASKS
from .labelled_dataset import LabelledDataset
from .read_labelled import read_labelled

__all__ = ["LabelledImages"]


class LabelledImages(LabelledDataset):
    """Images and labels of a task, read once and held as bytes: 0.5 MB an image of 512 px.

    To train, all are brought to one size: reduced or enlarged until the longer side fits, and filled up to a square at the right and lower border, by their mirror
    image; with several classes, which a mirror image would put on the wrong side, by black background.
    To judge, they stay as they are, standardised, and a data loader takes one at a time.

    What cannot be used is left out and reported, file by file: broken or tiny images, labels of another size, classes out of range, empty labels.

    A sample is `image` and `label`, (1, height, width), uint8: grey values, and classes of which 0 is the background; `image` is float32 where it
    is standardised; `index` is its number.

    Args:
        data: for each image `image`, its path, `label`, a `Record` or the path of a mask file, and of a frame of a DICOM cine `frame`, its number, see `read_labelled`.
        label: what of a record, one of `MASKS`: "vessels", "segments" or "stenoses".
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
        _check(label, classes, mean, std)
        super().__init__(data, _read, (label, classes, min_size), size=size, processes=processes)
        self.mean, self.std, self.label = mean, std, label
        self._held = [tuple(map(torch.tensor, pair)) for pair in self._held]

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        image, label = (values[None] for values in self._held[index])
        if self.mean is not None:
            image = (image.float() / 255 - self.mean) / self.std
        return {"image": image, "label": label, "index": torch.tensor(index)}

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


def _check(label: str, classes: int, mean: float | None, std: float | None) -> None:
    if label not in MASKS:
        raise ValueError(f"label must be one of {', '.join(MASKS)}, got {label!r}; LabelledBoxes reads boxes.")
    if not 1 <= classes <= 255:
        raise ValueError(f"classes must lie in 1..255, without the background, got {classes}.")
    if (mean is None) != (std is None) or (std is not None and std <= 0):
        raise ValueError(f"mean and std must be given together, std above 0, got {mean} and {std}.")


def _read(
    item: Mapping[str, Any], size: int | Sequence[int] | None, label: str, classes: int, min_size: int
) -> tuple[ndarray, ndarray]:
    image, values = read_labelled(item, label, classes, min_size)
    fill = "symmetric" if classes == 1 else "constant"
    image, _ = fit_to_size(image, size, fill=fill)
    values, _ = fit_to_size(values, size, resample=Image.Resampling.NEAREST, fill=fill)
    return image, values

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from .fit_to_size import fit_to_size
from .labelled_dataset import LabelledDataset
from .read_outlines import read_outlines

__all__ = ["LabelledBoxes"]


class LabelledBoxes(LabelledDataset):
    """Images with the boxes of their lesions, to train a detector and to judge it; read once and held as bytes: 0.3 MB an image of 512 px.

    Boxes are held as outlines, whose box follows them when an image is turned. To train, all images are brought to one size: reduced or enlarged until the longer
    side fits, and filled up with black to a square at the right and lower border; a mirror image there would show lesions that have no box. To judge, they keep theirs.

    What cannot be used is left out and reported, file by file: broken or tiny images, and those of which no box can be used, for they are no images without lesions.
    Of the others, bad boxes are dropped and reported, see `read_outlines`. Images without boxes count.

    A sample is `image` (1, height, width), uint8, and `outlines` (n, points, 2), float32: points (x, y) in pixels of that image on the outline of each lesion, x along columns,
    pixel (0, 0) covers 0..1; the smallest box around them is the lesion's. Where outlines differ in points, the last one is repeated.
    `index` is the number of the image.

    Args:
        data: for each image `image`, its path, `label`, a `Record`, as `labelled_items` lists them for "boxes", and of a frame of a DICOM cine `frame`, its number.
        size: side of squares in pixels, or [height, width] to which images are stretched; None for their own sizes.
        min_size: shortest side in pixels that an image may have.
        processes: that read; None for one a core, fewer for few images.

    Attributes:
        data: the items that are used.
        left_out: why each other one is not, with its file.
        dropped: why boxes of used images are not used, with the file.

    Raises:
        ValueError: if no image can be used (names them), there is none, or an argument is out of range.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        *,
        size: int | Sequence[int] | None = None,
        min_size: int = 32,
        processes: int | None = None,
    ) -> None:
        super().__init__(data, _read, (min_size,), size=size, processes=processes)
        self.dropped = [reason for _, _, dropped in self._held for reason in dropped]
        self._held = [(torch.tensor(image), torch.tensor(outlines)) for image, outlines, _ in self._held]
        self._report(self.dropped, f"{len(self.dropped)} boxes are dropped")

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        image, outlines = self._held[index]
        return {"image": image[None], "outlines": outlines, "index": torch.tensor(index)}

    def __getitems__(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """A batch: images stacked, and outlines (batch, most, points, 2), nan where an image has fewer than `most`."""
        images, outlines = zip(*(self._held[index] for index in indices), strict=True)
        most, points = (max(lines.shape[axis] for lines in outlines) for axis in (0, 1))
        return {
            "image": torch.stack(images)[:, None],
            "outlines": torch.stack([_pad(x, most, points) for x in outlines]),
            "index": torch.tensor(indices),
        }

    def summary(self) -> dict[str, int | list[str]]:
        """Counts for a report: images, boxes, images without any; boxes dropped and images left out with their reasons."""
        counts = [len(outlines) for _, outlines in self._held]
        return {
            "images": len(self),
            "boxes": sum(counts),
            "images without a box": counts.count(0),
            "boxes dropped": self.dropped or 0,
            "left out": self.left_out or 0,
        }

    def describe(self) -> str:
        """One line: how many images and boxes, how many are not used."""
        counts = self.summary()
        without = f", {counts['images without a box']} of them without any" if counts["images without a box"] else ""
        lost = {"left out": len(self.left_out), "boxes dropped": len(self.dropped)}
        told = ", ".join(f"{count} {what}" for what, count in lost.items() if count)
        return f"{counts['images']} images with {counts['boxes']} boxes{without}" + (f" ({told})" if told else "")


def _read(
    item: Mapping[str, Any], size: int | Sequence[int] | None, min_size: int
) -> tuple[ndarray, ndarray, list[str]]:
    image, outlines, dropped = read_outlines(item, min_size)
    image, scale = fit_to_size(image, size)
    scaled = [outline * scale for outline in outlines]
    kept = [outline for outline in scaled if np.ptp(outline, axis=0).min() >= 1]
    if len(kept) < len(scaled):
        lost = f"{len(scaled) - len(kept)} boxes of '{item['image']}' are below 1 px a side when the image is resized to {size}"
        if not kept:
            raise ValueError(f"{lost}; take a larger size.")
        dropped = [*dropped, f"{lost}; they are dropped."]
    points = max(map(len, kept), default=1)
    even = [np.pad(outline, [(0, points - len(outline)), (0, 0)], mode="edge") for outline in kept]
    return image, np.array(even, np.float32).reshape(-1, points, 2), dropped


def _pad(outlines: Tensor, most: int, points: int) -> Tensor:
    count, own, _ = outlines.shape
    padded = outlines.new_full((most, points, 2), float("nan"))
    padded[:count, :own] = outlines
    padded[:count, own:] = outlines[:, -1:]
    return padded

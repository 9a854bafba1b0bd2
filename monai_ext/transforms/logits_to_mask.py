# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import torch
from monai.config import NdarrayOrTensor
from monai.transforms import Transform
from monai.utils import TransformBackends, convert_to_dst_type, convert_to_tensor
from scipy import ndimage
from torch import Tensor

__all__ = ["LogitsToMask"]

_NEIGHBOURS = np.ones((3, 3), bool)


class LogitsToMask(Transform):
    """What a segmenter decides: one class a pixel.

    One channel of logits is a yes or no: class 1 where its sigmoid is above the threshold. More channels exclude each other: the class is
    the channel of the largest, and channel 0 the background. Then small components of a class, by 8 neighbours, become background.

    Args:
        threshold: of the probability, in (0, 1); of no meaning for more channels than one.
        min_area: pixels that a component must have to stay; 0 keeps all.

    Raises:
        ValueError: if the threshold or the area is out of range.
    """

    backend = (TransformBackends.TORCH,)

    def __init__(self, threshold: float = 0.5, min_area: int = 0) -> None:
        if not isinstance(threshold, int | float) or not 0 < threshold < 1:
            raise ValueError(f"threshold must lie between 0 and 1, got {threshold!r}; it is a probability.")
        if min_area < 0:
            raise ValueError(f"min_area must be 0 or a number of pixels, got {min_area}.")
        self.threshold, self.min_area = threshold, min_area

    def __call__(self, logits: NdarrayOrTensor) -> NdarrayOrTensor:
        """Mask of one image.

        Args:
            logits: (channels, height, width), floating point.

        Returns:
            (1, height, width), uint8, numbers of classes, 0 for background; an array or tensor as the logits.

        Raises:
            ValueError: if the shape is another.
        """
        if logits.ndim != 3:
            raise ValueError(f"logits must be (channels, height, width), got {tuple(logits.shape)}; take one image.")
        values = convert_to_tensor(logits, track_meta=False).float()
        mask = values.sigmoid() > self.threshold if len(values) == 1 else values.argmax(0, keepdim=True)
        mask = mask.to(torch.uint8)
        if self.min_area > 1:
            mask = _without_small(mask, self.min_area)
        return convert_to_dst_type(mask, logits, dtype=torch.uint8)[0]


def _without_small(mask: Tensor, min_area: int) -> Tensor:
    """The mask (1, height, width) without components of fewer pixels."""
    classes = mask[0].cpu().numpy()
    for number in np.unique(classes[classes > 0]):
        labels, _ = ndimage.label(classes == number, _NEIGHBOURS)
        areas = np.bincount(labels.ravel())
        areas[0] = min_area  # what is not of this class
        classes = np.where(areas[labels] < min_area, 0, classes)
    return torch.from_numpy(classes)[None].to(mask.device)

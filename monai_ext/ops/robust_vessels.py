# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from .gaussian_blur import gaussian_blur
from .sato_ridge import sato_ridge

__all__ = ["robust_vessels"]

_SIGMAS = (2, 3, 4, 5, 6)
_NEIGHBOURHOOD = 25  # pixels, sigma of the local mean and deviation
_LOW, _HIGH = 90, 97  # percentiles


def robust_vessels(image: Tensor) -> Tensor:
    """Vessel map of the image normalised by its local mean and deviation: hysteresis, then the component of the largest summed response.

    Args:
        image: (batch, 1, height, width), float32 or float64, grey values 0..255.

    Returns:
        (batch, 1, height, width), bool, on the image's device.
    """
    ridges = sato_ridge(_normalised(image), _SIGMAS)[:, 0].cpu().numpy()
    maps = np.stack([_largest_component(ridge) for ridge in ridges])
    return torch.from_numpy(maps).unsqueeze(1).to(image.device)


def _normalised(image: Tensor) -> Tensor:
    centred = image - gaussian_blur(image, _NEIGHBOURHOOD)
    return centred / (gaussian_blur(centred.square(), _NEIGHBOURHOOD).clamp_min(0).sqrt() + 1)


def _largest_component(ridge: np.ndarray) -> np.ndarray:
    low, high = np.percentile(ridge, [_LOW, _HIGH])
    labels, count = ndimage.label((ridge >= low) & (ridge > 1e-3), np.ones((3, 3)))
    if not count:
        return np.zeros(ridge.shape, bool)
    index = np.arange(count + 1)
    weight = ndimage.sum_labels(ridge, labels, index) * (ndimage.maximum(ridge, labels, index) >= high)
    weight[0] = 0
    return labels == weight.argmax()

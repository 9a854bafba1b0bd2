# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

__all__ = ["gaussian_blur"]


def gaussian_blur(image: Tensor, sigma: float) -> Tensor:
    """Gaussian smoothing with mirrored borders, one dense matrix an axis: for small images or wide Gaussians, as `scipy.ndimage.gaussian_filter`.

    Args:
        image: (batch, 1, height, width), float32 or float64.
        sigma: standard deviation in pixels.

    Returns:
        (batch, 1, height, width), the image's type and device.
    """
    rows, columns = (_smoothing(side, float(sigma)).to(image) for side in image.shape[-2:])
    batch = len(image)  # one product an image: a frame's result must not depend on the batch it is in
    return rows.expand(batch, 1, -1, -1) @ image @ columns.T.expand(batch, 1, -1, -1)


@lru_cache(maxsize=16)
def _smoothing(length: int, sigma: float) -> Tensor:
    return torch.from_numpy(gaussian_filter1d(np.eye(length), sigma, axis=0, mode="reflect"))

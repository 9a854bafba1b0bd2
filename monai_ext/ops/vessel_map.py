# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from torch import Tensor

from .published_vessels import published_vessels
from .robust_vessels import robust_vessels

__all__ = ["extract_vessels"]

_METHODS = {"robust": robust_vessels, "published": published_vessels}


@torch.no_grad()
def extract_vessels(image: Tensor, *, method: str = "robust") -> Tensor:
    """Vessel map B(I) of X-ray angiograms, by a filter: no training, no randomness.

    Contrast-filled vessels are dark. The filter runs on the image's device and for the whole batch; connected components are
    found on the CPU, image by image.

    Args:
        image: (batch, 1, height, width), grey values 0..255, float32, float64 or uint8 (computed as float32);
            values scaled to [0, 1] have too little contrast and give an empty or wrong map.
        method: "robust", our rule, see `robust_vessels` and docs/decisions/0002-vessel-map-rule.md; or "published", exactly
            the paper's, see `published_vessels`.

    Returns:
        (batch, 1, height, width), bool, on the image's device. An image without ridges, such as a constant one, has an empty map.

    Raises:
        ValueError: if the method is unknown, or the image has another shape, undefined values, or too few pixels.
        TypeError: if the image has another type.
    """
    if method not in _METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, _METHODS))}, got {method!r}.")
    if image.dtype == torch.uint8:
        image = image.float()
    if image.dtype not in (torch.float32, torch.float64):
        raise TypeError(
            f"image must be float32, float64 or uint8, got {image.dtype}; convert it, grey values stay 0..255."
        )
    if image.ndim != 4 or image.shape[1] != 1:
        raise ValueError(
            f"image must be (batch, 1, height, width), got {tuple(image.shape)}; reduce colours to grey first."
        )
    if not image.isfinite().all():
        raise ValueError("image must be finite, got NaN or infinite values; replace them before looking for vessels.")
    return _METHODS[method](image)

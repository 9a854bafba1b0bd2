# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from torch import Tensor

from .image_draws import ImageDraws

__all__ = ["vary_intensity"]


def vary_intensity(
    image: Tensor,
    draws: ImageDraws,
    *,
    gamma: float = 1.6,
    contrast: float = 0.3,
    brightness: float = 0.15,
    noise: float = 0.03,
) -> Tensor:
    """Another exposure of each image of a batch: gamma, contrast about its mean, brightness, quantum noise.

    Args:
        image: (batch, 1, height, width), grey in [0, 1].
        draws: source of randomness.
        gamma: largest exponent, at least 1; uniform in its logarithm between its inverse and it.
        contrast: largest change of contrast as a share of it, either way.
        brightness: largest shift of grey, either way.
        noise: largest standard deviation of grey noise.

    Returns:
        (batch, 1, height, width), in [0, 1].

    Raises:
        ValueError: if gamma is below 1.
    """
    if gamma < 1:
        raise ValueError(f"gamma must be at least 1, got {gamma}.")
    exponent, slope, shift, strength = draws.uniform(4, 1, 1, 1).unbind(dim=1)
    grey = image.clamp(0, 1) ** gamma ** (2 * exponent - 1)
    middle = grey.mean((2, 3), keepdim=True)
    grey = middle + (grey - middle) * (1 + contrast * (2 * slope - 1)) + brightness * (2 * shift - 1)
    return (grey + noise * strength * draws.normal(*image.shape[1:])).clamp(0, 1)

# SPDX-License-Identifier: Apache-2.0
"""Patches in units of their own contrast, and back: what a masked auto-encoder learns to predict.

    y = (x - mean(x)) / sqrt(var(x) + eps),  x = y sqrt(var(x) + eps) + mean(x)

Mean and variance are taken over one patch's pixels; the variance is the unbiased one (divided by pixels - 1), torch's
default. For a 16 px patch that is 0.4 % more than the population's, the same for every patch.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .patches import patchify, unpatchify

__all__ = ["denormalise_patches", "normalise_patches", "patch_errors"]


def _mean_and_deviation(patches: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    if patches.shape[-1] < 2:
        raise ValueError(f"a patch must hold at least 2 pixels to have a variance, got {patches.shape[-1]}.")
    variance, mean = torch.var_mean(patches, dim=-1, keepdim=True)
    return mean, (variance + eps).sqrt()


def normalise_patches(patches: Tensor, eps: float = 1e-6) -> Tensor:
    """Each patch by its own mean and variance; a constant patch becomes zero.

    Args:
        patches: (batch, patches, pixels), as `patchify` gives them.
        eps: added to the variance.

    Returns:
        (batch, patches, pixels); mean 0 and, where the variance is far above eps, variance 1 in each patch.

    Raises:
        ValueError: if a patch holds fewer than 2 pixels.

    References:
        He et al., Masked Autoencoders Are Scalable Vision Learners, arXiv 2111.06377, section 4.1 (normalised pixels).
    """
    mean, deviation = _mean_and_deviation(patches, eps)
    return (patches - mean) / deviation


def denormalise_patches(prediction: Tensor, image: Tensor, patch_size: int, eps: float = 1e-6) -> Tensor:
    """The reconstruction I': predicted patches in the mean and variance of the image's patches, put together.

    Every patch is the prediction, the visible ones too. The gradient goes to the prediction; the image's statistics are
    constants.

    Args:
        prediction: (batch, patches, patch_size**2 * channels), normalised pixels.
        image: (batch, channels, height, width), the image that the prediction is of.
        patch_size: side of a patch in pixels.
        eps: added to the variance, as in `normalise_patches`.

    Returns:
        (batch, channels, height, width), in the units of the image.

    Raises:
        ValueError: if the prediction's shape is not that of the image's patches.
    """
    target = patchify(image.detach(), patch_size)
    if prediction.shape != target.shape:
        raise ValueError(
            f"prediction must have the shape of the image's patches {tuple(target.shape)}, "
            f"got {tuple(prediction.shape)}; check patch_size ({patch_size})."
        )
    mean, deviation = _mean_and_deviation(target, eps)
    return unpatchify(prediction * deviation + mean, patch_size, image.shape[-2], image.shape[-1])


def patch_errors(prediction: Tensor, image: Tensor, patch_size: int) -> Tensor:
    """Mean squared error of each predicted patch, in normalised pixels.

    Args:
        prediction: (batch, patches, patch_size**2 * channels), normalised pixels.
        image: (batch, channels, height, width), the target.
        patch_size: side of a patch in pixels.

    Returns:
        (batch, patches), float32.

    Raises:
        ValueError: if the prediction does not hold one row for each patch of the image.
    """
    target = normalise_patches(patchify(image.float(), patch_size))
    if prediction.shape != target.shape:
        raise ValueError(
            f"prediction must match the image's patches {tuple(target.shape)}, got {tuple(prediction.shape)}."
        )
    return (prediction.float() - target).square().mean(dim=-1)

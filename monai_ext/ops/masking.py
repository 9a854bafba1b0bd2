# SPDX-License-Identifier: Apache-2.0
"""Which patches to hide. Masks are bool and True means hidden, everywhere in this project."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .image_draws import ImageDraws
from .patches import patchify

__all__ = ["guided_count", "guided_mask", "hidden_count", "patch_distribution", "random_mask"]


def hidden_count(patches: int, mask_ratio: float) -> int:
    """Number of patches hidden in each image: mask_ratio * patches, rounded down.

    Raises:
        ValueError: if mask_ratio lies outside (0, 1), or would hide nothing.
    """
    if not 0 < mask_ratio < 1:
        raise ValueError(f"mask_ratio must lie between 0 and 1 (both excluded), got {mask_ratio}.")
    count = _round_down(mask_ratio * patches)
    if count == 0:
        raise ValueError(
            f"mask_ratio {mask_ratio} of {patches} patches hides none; use larger images or a larger ratio."
        )
    return count


def guided_count(patches: int, mask_ratio: float, guided_share: float) -> int:
    """How many of the hidden patches follow the guidance: guided_share * mask_ratio * patches, rounded down.

    Raises:
        ValueError: if guided_share lies outside [0, 1].
    """
    if not 0 <= guided_share <= 1:
        raise ValueError(f"guided_share must lie in [0, 1], got {guided_share}.")
    return _round_down(guided_share * mask_ratio * patches)


def patch_distribution(guidance: Tensor, patch_size: int) -> Tensor:
    """Share of each patch in the guidance of its image.

    f(g_i) = sum of G over patch i / sum of G over the image

    Args:
        guidance: (batch, 1, height, width), bool or >= 0.
        patch_size: side of a patch in pixels; divides height and width.

    Returns:
        (batch, patches), float, each row sums to 1; a row of zeros where the image has no guidance at all.

    References:
        VasoMIM, arXiv 2508.10794, anatomy-guided masking.
    """
    guidance = guidance if guidance.is_floating_point() else guidance.float()
    share = patchify(guidance, patch_size).sum(dim=-1)
    return share / share.sum(dim=-1, keepdim=True).clamp_min(torch.finfo(share.dtype).tiny)


def random_mask(patches: int, n_hidden: int, draws: ImageDraws) -> Tensor:
    """Hide patches uniformly: the mask of a plain masked auto-encoder.

    Args:
        patches: number of patches of an image.
        n_hidden: how many of them to hide.
        draws: source of randomness.

    Returns:
        (batch, patches), bool, exactly n_hidden True in each row.
    """
    return _largest(draws.uniform(patches), n_hidden)


def guided_mask(guidance: Tensor, n_hidden: int, n_guided: int | Tensor, draws: ImageDraws) -> Tensor:
    """Hide patches, a part of them in proportion to the guidance and the rest uniformly.

    Of M hidden patches, K are drawn in proportion to the guidance without replacement, fewer where fewer than K patches have any; the
    rest of the M uniformly from the others. Drawing in proportion without replacement is one sort: the K largest of f / E, E exponential
    noise, which is the Gumbel top-k trick without its logarithms, and exact. No loop over images, and nothing that waits for the device.

    Args:
        guidance: (batch, patches), >= 0; only proportions within a row matter.
        n_hidden: M, how many patches to hide in each image, see `hidden_count`.
        n_guided: K <= M, see `guided_count`; as a tensor (), int64, on the device, it may change without a compiled function being compiled anew.
        draws: source of randomness.

    Returns:
        (batch, patches), bool, exactly M True in each row.

    Raises:
        ValueError: if the guidance is not two-dimensional or (checked on the CPU only, since a check would make the GPU
            wait) holds negative or undefined values, or if counts are out of range.

    References:
        VasoMIM, arXiv 2508.10794; Gumbel top-k: Kool et al., ICML 2019, arXiv 1903.06059.
    """
    _check(guidance, n_hidden, n_guided)
    chance, noise = draws.uniform(2, guidance.shape[1]).unbind(dim=1)
    exponential = (-noise).log1p().neg().clamp_min(torch.finfo(noise.dtype).tiny)
    by_guidance = _largest(guidance.float() / exponential, n_guided) & (guidance > 0)
    return _largest(chance.masked_fill(by_guidance, 2.0), n_hidden)


def _round_down(number: float) -> int:
    """Of the decimal number that was meant: 0.29 * 100 is 28.999999999999996 in binary, and means 29."""
    return math.floor(round(number, 9))


def _check(guidance: Tensor, n_hidden: int, n_guided: int | Tensor) -> None:
    if guidance.ndim != 2:
        raise ValueError(f"guidance must have the shape (batch, patches), got {tuple(guidance.shape)}.")
    if not 0 < n_hidden < guidance.shape[1]:
        raise ValueError(f"n_hidden must lie between 0 and the {guidance.shape[1]} patches, got {n_hidden}.")
    if isinstance(n_guided, int) and not 0 <= n_guided <= n_hidden:
        raise ValueError(f"n_guided must lie in 0..n_hidden ({n_hidden}), got {n_guided}.")
    if guidance.is_cpu and not torch.compiler.is_compiling() and not (guidance >= 0).all():
        raise ValueError(f"guidance must be >= 0 and defined, got a minimum of {guidance.min().item()}.")


def _largest(keys: Tensor, count: int | Tensor) -> Tensor:
    """Which keys are among the `count` largest of their row."""
    order = keys.argsort(dim=1, descending=True)
    among = torch.arange(keys.shape[1], device=keys.device) < count
    return torch.zeros_like(keys, dtype=torch.bool).scatter_(1, order, among.expand_as(order))

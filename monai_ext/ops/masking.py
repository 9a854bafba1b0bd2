# SPDX-License-Identifier: Apache-2.0
"""Which patches to hide. Masks are bool and True means hidden, everywhere in this project."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .patches import patchify

__all__ = ["guided_mask", "hidden_count", "patch_distribution", "random_mask"]


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


def random_mask(
    batch: int, patches: int, *, mask_ratio: float, generator: torch.Generator, device: torch.device | str | None = None
) -> Tensor:
    """Hide patches uniformly: the mask of a plain masked auto-encoder.

    Args:
        batch: number of images.
        patches: number of patches of an image.
        mask_ratio: share of patches to hide, in (0, 1).
        generator: source of randomness, on the device of the result.
        device: of the result; the generator's when left out.

    Returns:
        (batch, patches), bool, exactly round-down(mask_ratio * patches) True in each row.
    """
    count = hidden_count(patches, mask_ratio)
    keys = torch.rand(batch, patches, generator=generator, device=device or generator.device)
    return _mark_largest(keys, count)


def guided_mask(guidance: Tensor, *, mask_ratio: float, guided_share: float, generator: torch.Generator) -> Tensor:
    """Hide patches, a part of them in proportion to the guidance and the rest uniformly.

    Of M = round-down(mask_ratio * patches) hidden patches, K = round-down(guided_share * mask_ratio * patches) are drawn in
    proportion to the guidance without replacement, fewer where fewer than K patches have any; the rest of the M uniformly
    from the others. Drawing in proportion without replacement is one sort: the K largest of f / E, E exponential noise, which is
    the Gumbel top-k trick without its logarithms, and exact. No loop over images, and nothing that waits for the device.

    Args:
        guidance: (batch, patches), >= 0; only proportions within a row matter.
        mask_ratio: share of patches to hide, in (0, 1).
        guided_share: share of the hidden patches to draw by guidance, in [0, 1].
        generator: source of randomness, on the guidance's device.

    Returns:
        (batch, patches), bool, exactly M True in each row.

    Raises:
        ValueError: if the guidance is not two-dimensional or (checked on the CPU only, since a check would make the GPU
            wait) holds negative or undefined values, or if a share is out of range.

    References:
        VasoMIM, arXiv 2508.10794; Gumbel top-k: Kool et al., ICML 2019, arXiv 1903.06059.
    """
    _check(guidance, guided_share)
    patches = guidance.shape[1]
    count = hidden_count(patches, mask_ratio)
    guided = _round_down(guided_share * mask_ratio * patches)
    guidance = guidance if guidance.is_floating_point() else guidance.float()
    keys = torch.rand(guidance.shape, generator=generator, device=guidance.device)
    if guided:
        noise = torch.rand(guidance.shape, generator=generator, device=guidance.device)
        exponential = noise.neg_().log1p_().neg_().clamp_min_(torch.finfo(noise.dtype).tiny)
        by_guidance = _mark_largest(guidance.float() / exponential, guided) & (guidance > 0)
        keys = keys.masked_fill(by_guidance, 2.0)
    return _mark_largest(keys, count)


def _round_down(number: float) -> int:
    """Of the decimal number that was meant: 0.29 * 100 is 28.999999999999996 in binary, and means 29."""
    return math.floor(round(number, 9))


def _check(guidance: Tensor, guided_share: float) -> None:
    if guidance.ndim != 2:
        raise ValueError(f"guidance must have the shape (batch, patches), got {tuple(guidance.shape)}.")
    if not 0 <= guided_share <= 1:
        raise ValueError(f"guided_share must lie in [0, 1], got {guided_share}.")
    if guidance.device.type == "cpu" and not (guidance >= 0).all():
        raise ValueError(f"guidance must be >= 0 and defined, got a minimum of {guidance.min().item()}.")


def _mark_largest(keys: Tensor, count: int) -> Tensor:
    chosen = keys.topk(count, dim=1, sorted=False).indices
    return torch.zeros_like(keys, dtype=torch.bool).scatter_(1, chosen, True)

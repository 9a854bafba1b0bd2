# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["fold_rgb"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def fold_rgb(
    weight: Tensor,
    bias: Tensor,
    *,
    mean: float | None,
    std: float | None,
    rgb_mean: Sequence[float] = IMAGENET_MEAN,
    rgb_std: Sequence[float] = IMAGENET_STD,
) -> tuple[Tensor, Tensor]:
    """First convolution of a network trained on RGB, folded into one that sees grey images.

    On a grey image g the RGB network saw (g - mean_c) / std_c in channel c; ours sees x = (g - mean) / std. So

        w' = sum over c of w_c std / std_c
        b' = b + sum over c and the kernel of w_c (mean - mean_c) / std_c

    gives the same output. This is exact wherever the kernel lies inside the image: everywhere for a patch embedding, and
    away from the border for a convolution that pads with zeros, since a zero means another grey value in each network.

    Args:
        weight: (out, 3, height, width).
        bias: (out,).
        mean: of our grey images, which lie in [0, 1].
        std: of our grey images.
        rgb_mean: that the weights were trained with; ImageNet's by default.
        rgb_std: that the weights were trained with; ImageNet's by default.

    Returns:
        Weight (out, 1, height, width) and bias (out,), computed in float64, in the type of the weight.

    Raises:
        ValueError: if the weight has not three input channels, or mean and std are not given.
    """
    if weight.ndim != 4 or weight.shape[1] != 3:
        raise ValueError(f"weights to fold must have the shape (out, 3, height, width), got {tuple(weight.shape)}.")
    if mean is None or std is None:
        raise ValueError(
            f"folding RGB weights needs mean and std of the grey images, got {mean} and {std}; "
            "pass those that the images are standardised with."
        )
    means, stds = (torch.as_tensor(v, dtype=torch.float64).view(1, 3, 1, 1) for v in (rgb_mean, rgb_std))
    scaled = weight.double().cpu() / stds
    folded = scaled.sum(dim=1, keepdim=True) * std
    constant = (scaled * (mean - means)).sum(dim=(1, 2, 3))
    return folded.to(weight), (bias.double().cpu() + constant).to(bias)

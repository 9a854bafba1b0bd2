# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from torch import Tensor, nn

from monai_ext.ops import patch_errors

__all__ = ["MaskedReconstructionLoss"]


class MaskedReconstructionLoss(nn.Module):
    """Mean squared error of hidden patches against the normalised target patches.

    L_rec = mean over hidden patches i and their pixels of (prediction_i - (x_i - mean_i) / sqrt(var_i + 1e-6))^2

    Visible patches do not count.

    Args:
        patch_size: side of a patch in pixels.

    References:
        He et al., arXiv 2111.06377 (normalised pixels); VasoMIM, arXiv 2508.10794.
    """

    def __init__(self, patch_size: int) -> None:
        super().__init__()
        self.patch_size = patch_size

    def forward(self, prediction: Tensor, image: Tensor, hidden: Tensor) -> Tensor:
        """Loss of a batch.

        Args:
            prediction: (batch, patches, patch_size**2 * channels), normalised pixels.
            image: (batch, channels, height, width), the target.
            hidden: (batch, patches), bool, True = hidden.

        Returns:
            The loss, a scalar in float32.

        Raises:
            ValueError: if prediction or mask does not hold one row for each patch of the image.
        """
        error = patch_errors(prediction, image, self.patch_size)
        if hidden.shape != error.shape:
            raise ValueError(f"hidden must match the image's patches {tuple(error.shape)}, got {tuple(hidden.shape)}.")
        return (error * hidden).sum() / hidden.sum()

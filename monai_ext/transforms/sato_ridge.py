# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

import torch
from monai.config import NdarrayOrTensor
from monai.transforms import Transform
from monai.utils import TransformBackends, convert_to_dst_type, convert_to_tensor

from monai_ext.ops import sato_ridge

__all__ = ["SatoRidge"]


class SatoRidge(Transform):
    """Multi-scale ridge filter for dark, elongated structures, see `monai_ext.ops.sato_ridge`.

    Args:
        sigmas: scales in pixels, each > 0.

    Raises:
        ValueError: if a scale is not above 0.
    """

    backend = (TransformBackends.TORCH,)

    def __init__(self, sigmas: Sequence[float] = (1, 2, 3, 4)) -> None:
        if not sigmas or min(sigmas) <= 0:
            raise ValueError(f"sigmas must be above 0, got {tuple(sigmas)}; give scales in pixels.")
        self.sigmas = tuple(sigmas)

    def __call__(self, img: NdarrayOrTensor) -> NdarrayOrTensor:
        """Response of one image.

        Args:
            img: (1, height, width), grey values 0..255; float64 is kept, other types are computed as float32.

        Returns:
            (1, height, width), >= 0, in grey values, an array or tensor as the image.

        Raises:
            ValueError: if the shape is another.
        """
        if img.ndim != 3 or img.shape[0] != 1:
            raise ValueError(f"image must be (1, height, width), got {tuple(img.shape)}; reduce colours to grey first.")
        image = convert_to_tensor(img, track_meta=False)
        if image.dtype != torch.float64:
            image = image.float()
        ridge = sato_ridge(image[None], self.sigmas)[0]
        return convert_to_dst_type(ridge, img, dtype=ridge.dtype)[0]

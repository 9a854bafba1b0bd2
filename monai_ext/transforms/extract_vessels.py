# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from monai.config import NdarrayOrTensor
from monai.transforms import Transform
from monai.utils import TransformBackends, convert_to_dst_type, convert_to_tensor

from monai_ext.ops import extract_vessels

__all__ = ["ExtractVessels"]


class ExtractVessels(Transform):
    """Vessel map B(I) of an X-ray angiogram, see `monai_ext.ops.extract_vessels`.

    Args:
        method: "robust" or "published".
    """

    backend = (TransformBackends.TORCH,)

    def __init__(self, method: str = "robust") -> None:
        self.method = method

    def __call__(self, img: NdarrayOrTensor) -> NdarrayOrTensor:
        """Vessel map of one image.

        Args:
            img: (1, height, width), grey values 0..255; float64 is kept, other types are computed as float32.

        Returns:
            (1, height, width), bool, an array or tensor as the image.

        Raises:
            ValueError: if the shape is another, a value is undefined, grey values lie in 0..1, or the method is unknown.
        """
        if img.ndim != 3:
            raise ValueError(f"image must be (1, height, width), got {tuple(img.shape)}; put the channel first.")
        image = convert_to_tensor(img, track_meta=False)
        if image.is_floating_point() and 0 < image.max() <= 1:
            raise ValueError(f"grey values must lie in 0..255, got at most {image.max():.3g}; scale them by 255 first.")
        if image.dtype != torch.float64:
            image = image.float()
        return convert_to_dst_type(extract_vessels(image[None], method=self.method)[0], img, dtype=torch.bool)[0]

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from monai_ext.ops import gaussian_blur


@pytest.mark.parametrize("shape", [(64, 64), (33, 90)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_agrees_with_scipy(shape, dtype):
    image = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (2, 1, *shape))).to(dtype)
    blurred = gaussian_blur(image, 12.5)
    assert blurred.dtype == dtype and blurred.shape == image.shape
    for got, before in zip(blurred, image, strict=True):
        assert np.abs(got[0].numpy() - gaussian_filter(before[0].numpy(), 12.5, mode="reflect")).max() < 1e-3

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
import torch

from monai_ext.ops import extract_vessels
from monai_ext.phantom import PhantomSettings, draw_angiogram

METHODS = ("robust", "published")


def angiograms(count: int, size: int) -> torch.Tensor:
    frames = np.stack([draw_angiogram(7, i, PhantomSettings(size=size)).image for i in range(count)])
    return torch.from_numpy(frames).float().unsqueeze(1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.uint8])
def test_map_is_bool_of_the_image_s_shape(method, dtype):
    image = angiograms(2, 128)[:, :, :111, :97].to(dtype)
    found = extract_vessels(image, method=method)
    assert found.shape == image.shape and found.dtype == torch.bool
    assert found.flatten(1).any(1).all()


@pytest.mark.parametrize("method", METHODS)
def test_batch_equals_one_by_one(method):
    images = angiograms(3, 96)
    together = extract_vessels(images, method=method)
    assert torch.equal(together, torch.cat([extract_vessels(image[None], method=method) for image in images]))


@pytest.mark.parametrize("method", METHODS)
def test_float64_nearly_equals_float32(method):
    images = angiograms(2, 256)
    single, double = extract_vessels(images, method=method), extract_vessels(images.double(), method=method)
    assert (single != double).float().mean() < 1e-3


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_image_has_an_empty_map(method):
    assert not extract_vessels(torch.full((2, 1, 80, 64), 200.0), method=method).any()


def test_the_image_and_the_global_rng_stay_as_they_are(global_rng_untouched):
    image = angiograms(1, 64)
    before = image.clone()
    extract_vessels(image)
    assert torch.equal(image, before)


def test_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method must be one of 'robust', 'published', got 'frangi'"):
        extract_vessels(torch.zeros(1, 1, 64, 64), method="frangi")


@pytest.mark.parametrize("shape", [(64, 64), (1, 64, 64), (1, 3, 64, 64)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"image must be \(batch, 1, height, width\)"):
        extract_vessels(torch.zeros(shape))


@pytest.mark.parametrize("dtype", [torch.int16, torch.int64, torch.float16, torch.bool])
def test_other_types_are_refused(dtype):
    with pytest.raises(TypeError, match="image must be float32, float64 or uint8"):
        extract_vessels(torch.zeros(1, 1, 64, 64, dtype=dtype))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_undefined_values_are_refused(value):
    image = torch.zeros(1, 1, 64, 64)
    image[0, 0, 3, 5] = value
    with pytest.raises(ValueError, match="image must be finite"):
        extract_vessels(image)

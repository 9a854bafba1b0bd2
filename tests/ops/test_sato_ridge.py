# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from monai_ext.ops import sato_ridge

sato = pytest.importorskip("skimage.filters").sato


def noise(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).uniform(0, 255, shape)).to(dtype)


@pytest.mark.parametrize("shape", [(512, 512), (101, 64), (37, 53), (20, 131), (5, 9)])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_agrees_with_scikit_image_on_the_whole_image(shape, dtype):
    image = noise(1, 1, *shape, dtype=dtype)
    expected = sato(image[0, 0].double().numpy(), (1, 2, 3, 4), black_ridges=True, mode="reflect")
    ridge = sato_ridge(image)
    assert ridge.shape == image.shape and ridge.dtype == dtype
    assert np.abs(ridge[0, 0].numpy() - expected).max() < 1e-3


@pytest.mark.parametrize("sigmas", [(2.5,), (0.7, 8)])
def test_agrees_with_scikit_image_at_other_scales(sigmas):
    image = noise(1, 1, 90, 75)
    expected = sato(image[0, 0].numpy(), sigmas, black_ridges=True, mode="reflect")
    assert np.abs(sato_ridge(image, sigmas)[0, 0].numpy() - expected).max() < 1e-3


def test_batch_equals_one_by_one():
    images = noise(3, 1, 70, 81, dtype=torch.float32)
    assert torch.equal(sato_ridge(images), torch.cat([sato_ridge(image[None]) for image in images]))


def test_a_gaussian_valley_has_the_response_of_its_closed_form():
    # -d exp(-x^2 / 2 s^2) smoothed by a Gaussian of sigma has the second derivative d s / (s^2 + sigma^2)^1.5 at its floor
    x = torch.arange(-60.0, 61.0, dtype=torch.float64)
    valley = (200 - 50 * torch.exp(-(x**2) / (2 * 3**2))).expand(1, 1, 121, 121)
    assert sato_ridge(valley, (4,))[0, 0, 60, 60].item() == pytest.approx(
        4**2 * 50 * 3 / math.sqrt(3**2 + 4**2) ** 3, rel=1e-3
    )


def test_bright_ridges_and_flat_images_have_no_response():
    flat = torch.full((1, 1, 60, 50), 255.0)
    assert sato_ridge(flat).max() < 1e-3
    flat[..., 25] = 300
    assert sato_ridge(flat)[..., 25].max() < 1e-3


def test_a_quarter_turn_commutes_away_from_the_mirrors():
    image = noise(1, 1, 120, 100)
    turned = sato_ridge(image.rot90(dims=(2, 3))).rot90(-1, dims=(2, 3))
    assert (turned - sato_ridge(image))[..., 40:-40, 40:-40].abs().max() < 1e-9


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_agrees():
    image = noise(2, 1, 200, 131, dtype=torch.float32)
    ridge = sato_ridge(image.cuda())
    assert ridge.is_cuda and (ridge.cpu() - sato_ridge(image)).abs().max() < 1e-2

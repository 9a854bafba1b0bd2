# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch

from monai_ext.ops.patch_norm import denormalise_patches, normalise_patches, patch_errors
from monai_ext.ops.patches import patchify


def _image(channels=1, height=24, width=40, dtype=torch.float64):
    return torch.randn(2, channels, height, width, generator=torch.Generator().manual_seed(0), dtype=dtype) * 3 + 7


def test_each_patch_has_mean_zero_and_unbiased_variance_one():
    patches = normalise_patches(patchify(_image(), 8))
    assert torch.allclose(patches.mean(-1), torch.zeros(2, 15, dtype=torch.float64), atol=1e-12)
    assert torch.allclose(patches.var(-1, unbiased=True), torch.ones(2, 15, dtype=torch.float64), atol=1e-5)


def test_known_value_of_a_two_pixel_patch():
    # By hand: mean 2, unbiased variance ((-1)^2 + 1^2) / 1 = 2.
    assert torch.allclose(
        normalise_patches(torch.tensor([[[1.0, 3.0]]]), eps=0), torch.tensor([[[-1.0, 1.0]]]) / 2**0.5
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_denormalise_is_the_inverse_of_normalise_on_a_non_square_image(channels):
    image = _image(channels)
    assert torch.allclose(denormalise_patches(normalise_patches(patchify(image, 8)), image, 8), image, atol=1e-12)


def test_constant_patch_becomes_zero_and_comes_back():
    image = torch.full((1, 1, 8, 8), 0.7)
    patches = normalise_patches(patchify(image, 4))
    assert torch.equal(patches, torch.zeros_like(patches))
    assert torch.allclose(denormalise_patches(patches, image, 4), image)


def test_gradient_goes_to_the_prediction_alone():
    image = _image().requires_grad_()
    prediction = torch.zeros(2, 15, 64, dtype=torch.float64, requires_grad=True)
    denormalise_patches(prediction, image, 8).sum().backward()
    assert image.grad is None
    deviation = (patchify(image.detach(), 8).var(-1) + 1e-6).sqrt()
    assert torch.allclose(prediction.grad, deviation[..., None].expand_as(prediction))


def test_half_precision_prediction_is_taken_in_the_units_of_the_image():
    image = _image(dtype=torch.float32)
    prediction = normalise_patches(patchify(image, 8))
    restored = denormalise_patches(prediction.bfloat16(), image, 8)
    assert restored.dtype == torch.float32 and (restored - image).abs().max() < 0.1


def test_wrong_patch_size_is_named():
    with pytest.raises(
        ValueError, match=r"shape of the image's patches \(2, 15, 64\), got \(2, 15, 16\).*patch_size \(8\)"
    ):
        denormalise_patches(torch.zeros(2, 15, 16), _image(), 8)


def test_one_pixel_patches_have_no_variance():
    with pytest.raises(ValueError, match="at least 2 pixels"):
        normalise_patches(torch.zeros(1, 4, 1))


def test_error_of_a_patch_is_the_mean_square():
    image = _image(dtype=torch.float32)
    prediction = normalise_patches(patchify(image, 8))
    prediction[0, 3] += 2
    errors = patch_errors(prediction, image, 8)
    assert errors.shape == (2, 15) and errors[0, 3].item() == pytest.approx(4, abs=1e-4) and errors.sum().item() < 4.001
    with pytest.raises(ValueError, match=r"must match the image's patches \(2, 15, 64\), got \(2, 14, 64\)"):
        patch_errors(prediction[:, 1:], image, 8)

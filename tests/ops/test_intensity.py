# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.ops import ImageDraws, vary_intensity

NOTHING = {"gamma": 1.0, "contrast": 0.0, "brightness": 0.0, "noise": 0.0}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=generator(1))


def vary(image: torch.Tensor, seed: int = 0, **options) -> torch.Tensor:
    return vary_intensity(image, ImageDraws(seed, 0, torch.arange(len(image))), **options)


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (3, 1, 7, 12), (2, 1, 1, 1)])
def test_shape_and_range(shape, global_rng_untouched):
    varied = vary(images(*shape), brightness=0.9, noise=0.5)
    assert varied.shape == shape and varied.dtype == torch.float32
    assert varied.min() >= 0 and varied.max() <= 1


def test_nothing_to_vary_changes_nothing():
    image = images(2, 1, 9, 6)
    image[0, 0, 0, :2] = torch.tensor([0.0, 1.0])
    torch.testing.assert_close(vary(image, **NOTHING), image, atol=1e-6, rtol=0)


def test_gamma_is_one_exponent_an_image_between_its_inverse_and_it():
    image = images(500, 1, 4, 4).clamp(0.1, 0.9)
    exponent = vary(image, **{**NOTHING, "gamma": 2.0}).log() / image.log()
    first = exponent[:, :, :1, :1]
    torch.testing.assert_close(exponent, first.expand_as(exponent), atol=1e-3, rtol=1e-3)
    assert 0.5 - 1e-4 <= first.min() < 0.52 and 1.95 < first.max() <= 2.001
    assert first.log().mean().abs() < 0.05  # as often brighter as darker


def test_contrast_turns_about_the_mean_and_brightness_shifts_it():
    image = 0.4 + 0.2 * images(500, 1, 4, 4)
    middle = image.mean((2, 3))
    sharper = vary(image, **{**NOTHING, "contrast": 0.3})
    torch.testing.assert_close(sharper.mean((2, 3)), middle, atol=1e-5, rtol=0)
    ratio = sharper.std((2, 3)) / image.std((2, 3))
    assert 0.7 - 1e-3 <= ratio.min() < 0.72 and 1.28 < ratio.max() <= 1.3 + 1e-3
    brighter = vary(image, **{**NOTHING, "brightness": 0.15}) - image
    assert brighter.flatten(1).std(1).max() < 1e-5
    assert -0.15 - 1e-5 <= brighter.min() < -0.14 and 0.14 < brighter.max() <= 0.15 + 1e-5


def test_noise_is_drawn_by_pixel_up_to_its_deviation():
    image = torch.full((200, 1, 16, 16), 0.5)
    deviation = (vary(image, **{**NOTHING, "noise": 0.05}) - image).flatten(1).std(1)
    assert deviation.min() < 0.005 and 0.04 < deviation.max() < 0.06
    assert deviation.mean().item() == pytest.approx(0.025, abs=0.005)


def test_black_stays_black_under_gamma():
    black = torch.zeros(4, 1, 3, 3)
    assert torch.equal(vary(black, **{**NOTHING, "gamma": 1.6}), black)


def test_the_seed_decides():
    image = images(2, 1, 8, 8)
    a, b, c = (vary(image, seed) for seed in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, c) and not torch.equal(a[0] - image[0], a[1] - image[1])


def test_gamma_below_one_is_refused():
    with pytest.raises(ValueError, match=r"gamma must be at least 1, got 0\.5"):
        vary(images(1, 1, 2, 2), gamma=0.5)

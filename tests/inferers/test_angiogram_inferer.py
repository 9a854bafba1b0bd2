# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch
from monai.inferers import SlidingWindowInferer
from PIL import Image
from torch import nn

from monai_ext.inferers import AngiogramInferer
from monai_ext.networks import vit_encoder


class Seen(nn.Module):
    """Answers with the image itself and remembers what it was shown."""

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.images, self.weight = [], weight

    def forward(self, image, extra=0.0):
        self.images.append(image)
        return torch.cat([self.weight * image, -image + extra], dim=1)


def random_image(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("native", "image_size", "seen"),
    [
        ((300, 200), 64, (64, 48)),  # 42.7 is nearer to 48 than to 32
        ((200, 300), 64, (48, 64)),
        ((2000, 40), 64, (64, 16)),  # never below one patch
        ((33, 90), 128, (48, 128)),
        ((64, 64), 100, (96, 96)),  # the size itself is rounded, too
        ((17, 16), [32, 96], (32, 96)),
    ],
)
def test_the_network_sees_its_size_and_the_logits_have_the_image_s(native, image_size, seen, global_rng_untouched):
    network = Seen()
    logits = AngiogramInferer(image_size)(random_image(2, 1, *native), network)
    assert network.images[0].shape == (2, 1, *seen) and logits.shape == (2, 2, *native)
    assert logits.dtype == torch.float32


@pytest.mark.parametrize("image_size", [48, [48, 32]])
def test_an_image_of_the_size_is_not_resampled(image_size):
    image, network = random_image(3, 1, 48, 32), Seen()
    logits = AngiogramInferer(image_size)(image, network)
    assert network.images[0] is image and torch.equal(logits[:, :1], image)


def test_images_are_resized_as_pil_does():
    """Bicubic with a support that grows with the reduction: no aliasing."""
    image, network = random_image(1, 1, 150, 130), Seen()
    AngiogramInferer([64, 48])(image, network)
    expected = Image.fromarray(image[0, 0].numpy()).resize((48, 64), Image.Resampling.BICUBIC)
    assert np.abs(network.images[0][0, 0].numpy() - np.asarray(expected)).max() < 1e-5


def test_logits_come_back_to_where_they_were():
    """A ramp survives both ways, but for the border of the bicubic filter."""
    ramp = torch.linspace(-1, 1, 90).expand(1, 1, 70, 90)
    logits = AngiogramInferer(128)(ramp, Seen())
    assert (logits[0, 0] - ramp[0, 0]).abs()[:, 4:-4].max() < 2e-3


def test_a_mirrored_image_gives_mirrored_logits_with_flip():
    torch.manual_seed(0)
    network = vit_encoder("tiny", num_layers=1, seed=0).eval()
    enlarge = nn.Sequential(network, nn.Upsample(scale_factor=16))
    image, inferer = random_image(1, 1, 40, 56), AngiogramInferer(64, flip=True)
    with torch.no_grad():
        there, mirrored = inferer(image, enlarge), inferer(image.flip(-1), enlarge)
        plain = AngiogramInferer(64)
        once = plain(image, enlarge), plain(image.flip(-1), enlarge).flip(-1)
    assert torch.allclose(there, mirrored.flip(-1), atol=1e-5)
    assert torch.allclose(there, sum(once) / 2, atol=1e-5) and not torch.allclose(*once, atol=1e-2)


def test_windows_are_those_of_monai():
    image, network = random_image(2, 1, 96, 80), nn.Conv2d(1, 2, 5, padding=2)
    expected = SlidingWindowInferer((32, 32), overlap=0.5, mode="gaussian")(image, network)
    assert torch.allclose(AngiogramInferer(96, window=32)(image, network), expected, atol=1e-6)


def test_windows_of_a_pointwise_network_change_nothing():
    image, network = random_image(1, 1, 70, 50), Seen()
    whole, windows = AngiogramInferer(96)(image, network), AngiogramInferer(96, window=48)(image, Seen())
    assert torch.allclose(whole, windows, atol=1e-5)


def test_a_window_beyond_the_image_is_cut_to_it():
    network = Seen()
    AngiogramInferer(64, window=48)(random_image(1, 1, 64, 20), network)
    assert {image.shape[-2:] for image in network.images} == {(48, 16)}


def test_further_arguments_reach_the_network():
    logits = AngiogramInferer(32, window=16, flip=True)(torch.zeros(1, 1, 32, 32), Seen(), extra=2.0)
    assert torch.allclose(logits[:, 1], torch.tensor(2.0))


def test_a_network_in_half_precision_gives_float32():
    logits = AngiogramInferer(32)(random_image(1, 1, 20, 20), lambda image: image.bfloat16())
    assert logits.dtype == torch.float32


@pytest.mark.parametrize("size", [(8, 200), (200, 15)])
def test_an_image_below_one_patch_is_refused(size):
    with pytest.raises(ValueError, match=rf"at least 16 px \(one patch\), got {size[0]}x{size[1]}; leave it out"):
        AngiogramInferer(64)(torch.zeros(1, 1, *size), Seen())


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"image_size": 8}, "image_size must be at least patch_size, got 8 and 16"),
        ({"image_size": [64, 60]}, r"image_size must be of multiples of patch_size, got \[64, 60\] and 16"),
        (
            {"image_size": 64, "patch_size": 14, "window": 64},
            r"window must be of multiples of patch_size, got \[64\] and 14",
        ),
        ({"image_size": [64]}, r"image_size must be one number or \[height, width\], got \[64\]"),
    ],
)
def test_sizes_that_do_not_fit_the_patch_are_refused(knobs, message):
    with pytest.raises(ValueError, match=message):
        AngiogramInferer(**knobs)

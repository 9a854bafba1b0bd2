# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from monai.metrics import DiceMetric
from torch.nn.functional import interpolate, max_pool2d

from monai_ext.ops import extract_vessels
from monai_ext.phantom import PhantomSettings, draw_angiogram


def dice(a: torch.Tensor, b: torch.Tensor) -> float:
    return DiceMetric()(a.float(), b.float()).mean().item()


def angiograms(count: int, size: int = 256) -> tuple[torch.Tensor, torch.Tensor]:
    drawn = [draw_angiogram(11, i, PhantomSettings(size=size)) for i in range(count)]
    frames, vessels = (
        torch.from_numpy(np.stack(x))[:, None] for x in ([a.image for a in drawn], [a.tree for a in drawn])
    )
    return frames.float(), vessels


def dark_line(size: int = 200, width: float = 6.0, slope: float = 0.4) -> tuple[torch.Tensor, torch.Tensor]:
    """A dark line through the middle, from border to border, and where it is."""
    y, x = torch.meshgrid(torch.arange(size) + 0.5, torch.arange(size) + 0.5, indexing="ij")
    line = ((y - size / 2 - slope * (x - size / 2)).abs() / math.hypot(1, slope) < width / 2)[None, None]
    return torch.where(line, 90.0, 150.0), line


def near(line: torch.Tensor, pixels: int) -> torch.Tensor:
    return max_pool2d(line.float(), 2 * pixels + 1, 1, pixels) > 0


def test_a_dark_line_is_found_up_to_the_margin():
    image, line = dark_line()
    found = extract_vessels(image)
    assert found[..., 6:-6, 6:-6][line[..., 6:-6, 6:-6]].float().mean() > 0.98
    assert not found[~near(line, 3)].any()


def test_bright_lines_and_faint_ones_are_not_vessels():
    image, line = dark_line()
    assert not extract_vessels(255 - image).logical_and(line).any()
    assert not extract_vessels(torch.where(line, 149.5, 150.0)).any()


def test_shutters_and_steps_are_not_vessels():
    image, line = dark_line(256)
    image[..., 150:, :] -= 60  # a diaphragm: one-sided
    image[..., :25, :] = image[..., :, :30] = 4
    found = extract_vessels(image)
    assert found[..., 40:145, 40:-8][line[..., 40:145, 40:-8]].float().mean() > 0.95
    assert not found[~near(line, 3)].any()


def test_phantoms_are_found():
    image, vessels = angiograms(4)
    assert dice(extract_vessels(image), vessels) > 0.5


@pytest.mark.parametrize("size", [(64, 64), (128, 96), (511, 333), (1024, 1024), (32, 32), (16, 400)])
def test_any_size_works(size):
    image = interpolate(angiograms(1)[0], size, mode="bilinear", antialias=True)
    found = extract_vessels(image)
    assert found.shape == image.shape and (
        found.any() or min(size) < 32
    )  # squeezed to 16 rows, little is left of a vessel


def test_twice_the_pixels_show_the_same_vessels():
    image, _ = angiograms(2)
    twice = extract_vessels(interpolate(image, scale_factor=2, mode="bilinear"))
    assert dice(twice, extract_vessels(image).repeat_interleave(2, -1).repeat_interleave(2, -2)) > 0.9


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_images_have_nearly_turned_maps(turns):
    # the middle of the weight lies a little below the image's, so not exactly
    image, _ = angiograms(3)
    turned = extract_vessels(image.rot90(turns, dims=(2, 3))).rot90(-turns, dims=(2, 3))
    assert dice(turned, extract_vessels(image)) > 0.8


def test_a_mirrored_image_has_the_mirrored_map():
    image, _ = angiograms(2)
    assert dice(extract_vessels(image.flip(3)).flip(3), extract_vessels(image)) > 0.99


def test_brightness_scale_hardly_matters():
    image, _ = angiograms(2)
    assert dice(extract_vessels(0.7 * image), extract_vessels(image)) > 0.95


def test_a_short_side_is_refused():
    with pytest.raises(ValueError, match="sides must be at least 16 px, got 15x64"):
        extract_vessels(torch.zeros(1, 1, 15, 64))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_agrees():
    image, _ = angiograms(2)
    found = extract_vessels(image.cuda())
    assert found.is_cuda and dice(found.cpu(), extract_vessels(image)) > 0.99

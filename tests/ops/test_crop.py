# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
import torch
from PIL import Image

from monai_ext.ops import ImageDraws, crop_resize, crop_resize_nearest, full_boxes, random_crop_boxes


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draws(count: int, seed: int = 0) -> ImageDraws:
    return ImageDraws(seed, 0, torch.arange(count))


def maps(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=generator()) > 0.5


def pack(vessels: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(np.packbits(vessels.numpy(), axis=-1))


BOXES = torch.tensor([[0, 0, 60, 80], [10, 5, 33, 41], [59, 79, 1, 1]])


@pytest.mark.parametrize("size", [(24, 24), (31, 50), (90, 100)])
def test_crop_resize_equals_pillow(size):
    image = torch.rand(3, 1, 60, 80, generator=generator())
    ours = crop_resize(image, BOXES, size)
    assert ours.shape == (3, 1, *size) and ours.dtype == image.dtype
    for i, (top, left, height, width) in enumerate(BOXES.tolist()):
        cut = Image.fromarray(image[i, 0].numpy()).crop((left, top, left + width, top + height))
        expected = np.asarray(cut.resize(size[::-1], Image.Resampling.BICUBIC))
        assert np.abs(ours[i, 0].numpy() - expected).max() < 5e-5


def test_nearest_equals_pillow():
    vessels = maps(3, 1, 60, 80)
    ours = crop_resize_nearest(pack(vessels), BOXES, (31, 17))
    assert ours.dtype == torch.bool
    for i, (top, left, height, width) in enumerate(BOXES.tolist()):
        cut = Image.fromarray(vessels[i, 0].numpy()).crop((left, top, left + width, top + height))
        assert np.array_equal(ours[i, 0].numpy(), np.asarray(cut.resize((17, 31), Image.Resampling.NEAREST)))


def test_whole_box_at_native_size_changes_nothing():
    image = torch.rand(2, 1, 20, 28, generator=generator(), dtype=torch.float64)
    boxes = full_boxes(torch.tensor([[20, 28], [20, 28]]))
    assert torch.allclose(crop_resize(image, boxes, (20, 28)), image)
    assert torch.equal(crop_resize_nearest(pack(maps(2, 1, 20, 32)), boxes, (20, 28)), maps(2, 1, 20, 32)[..., :28])


def test_bytes_are_taken_as_they_are_and_many_images_as_few():
    image = (torch.rand(19, 1, 30, 30, generator=generator()) * 255).to(torch.uint8)
    boxes = random_crop_boxes(torch.tensor([[30, 30]] * 19), draws(19))
    together = crop_resize(image, boxes, (12, 12))
    alone = [crop_resize(image[i : i + 1].float(), boxes[i : i + 1], (12, 12)) for i in range(19)]
    assert together.dtype == torch.float32
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-3, rtol=0)


def test_flip_mirrors_image_and_map_alike():
    image, packed = torch.rand(2, 1, 32, 32, generator=generator()), pack(maps(2, 1, 32, 32))
    boxes, flip = torch.tensor([[3, 4, 20, 25], [0, 0, 32, 32]]), torch.tensor([True, False])
    for resize, source in ((crop_resize, image), (crop_resize_nearest, packed)):
        plain, flipped = resize(source, boxes, (16, 16)), resize(source, boxes, (16, 16), flip)
        assert torch.equal(flipped[0], plain[0].flip(-1)) and torch.equal(flipped[1], plain[1])


def test_pixels_outside_the_box_do_not_count():
    image = torch.zeros(1, 1, 40, 40)
    image[:, :, 10:30, 10:30] = 1
    assert torch.allclose(crop_resize(image, torch.tensor([[10, 10, 20, 20]]), (8, 8)), torch.ones(1, 1, 8, 8))


def test_random_boxes_lie_inside_and_keep_the_law(global_rng_untouched):
    extent = torch.tensor([[512, 512]] * 4000)
    top, left, height, width = random_crop_boxes(extent, draws(len(extent))).double().unbind(dim=1)
    assert (top >= 0).all() and (left >= 0).all() and (top + height <= 512).all() and (left + width <= 512).all()
    area, ratio = height * width / 512**2, width / height
    assert area.min() > 0.195 and area.max() <= 1 and ratio.min() > 0.74 and ratio.max() < 1.35
    assert area.mean().item() == pytest.approx(0.55, abs=0.04)  # slightly below 0.6: large oblong boxes do not fit
    assert ratio.log().mean().item() == pytest.approx(0, abs=0.02)
    assert abs(top.mean().item() - ((512 - height) / 2).mean().item()) < 5 * 80 / math.sqrt(4000)


def test_boxes_respect_the_extent_of_each_image():
    extent = torch.tensor([[100, 300], [17, 9], [1, 1]]).repeat(200, 1)
    boxes = random_crop_boxes(extent, draws(len(extent)))
    assert (boxes[:, :2] >= 0).all() and (boxes[:, 2:] >= 1).all() and (boxes[:, :2] + boxes[:, 2:] <= extent).all()


def test_a_strip_that_no_box_fits_gets_the_central_one():
    boxes = random_crop_boxes(torch.tensor([[10, 1000]]), draws(1), area=(0.9, 1.0))
    assert boxes.tolist() == [[0, 493, 10, 13]]

# SPDX-License-Identifier: Apache-2.0
import math

import pytest
import torch

from monai_ext.ops import ImageDraws, affine_warp, random_affines


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draws(count: int, seed: int = 0) -> ImageDraws:
    return ImageDraws(seed, 0, torch.arange(count))


def images(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=generator())


def one(*rows: list[float]) -> torch.Tensor:
    return torch.tensor([rows])


IDENTITY = one([1.0, 0, 0], [0, 1, 0])
QUARTER = one([0.0, -1, 0], [1, 0, 0])  # the top of the result (0, -1) comes from the right (1, 0)


@pytest.mark.parametrize("size", [(8, 8), (7, 12), (1, 5)])
def test_the_identity_changes_nothing(size):
    image, label = images(1, 2, *size), (images(1, 1, *size) * 25).to(torch.uint8)
    torch.testing.assert_close(affine_warp(image, IDENTITY), image, atol=1e-5, rtol=0)
    warped = affine_warp(label, IDENTITY, nearest=True)
    assert torch.equal(warped, label) and warped.dtype == torch.uint8


@pytest.mark.parametrize("side", [8, 9])
def test_a_quarter_turn_of_a_square_is_that_of_torch(side):
    image = images(1, 1, side, side)
    torch.testing.assert_close(affine_warp(image, QUARTER), torch.rot90(image, 1, (2, 3)), atol=1e-5, rtol=0)
    assert torch.equal(affine_warp(image, QUARTER, nearest=True), torch.rot90(image, 1, (2, 3)))


def test_an_image_that_is_not_square_is_turned_without_shear():
    """Its middle square turns as a square of its own would."""
    image = torch.zeros(1, 1, 8, 20)
    image[..., 6:14] = images(1, 1, 8, 8)
    turned = affine_warp(image, QUARTER)[..., 6:14]
    torch.testing.assert_close(turned, torch.rot90(image[..., 6:14], 1, (2, 3)), atol=1e-5, rtol=0)


def test_flips_alone_mirror_about_half_of_the_images_left_to_right():
    image = images(200, 1, 5, 8)
    affine = random_affines(draws(200), flip=True)
    warped = affine_warp(image, affine, nearest=True)
    mirrored = (warped == image.flip(-1)).flatten(1).all(1)
    assert (mirrored ^ (warped == image).flatten(1).all(1)).all() and 70 < mirrored.sum() < 130


def test_twice_the_scale_magnifies_the_middle():
    affine = random_affines(draws(1), scale=(2.0, 2.0))
    label = (images(1, 1, 8, 12) * 25).to(torch.uint8)
    twice = label[..., 2:6, 3:9].repeat_interleave(2, -1).repeat_interleave(2, -2)
    assert torch.equal(affine_warp(label, affine, nearest=True), twice)


def test_a_shift_moves_by_its_share_of_the_side_and_mirrors_the_border():
    column = torch.arange(10.0).expand(1, 1, 4, 10)
    moved = affine_warp(column, one([1.0, 0, 2 * 0.3], [0, 1, 0]))  # 3 of 10 columns
    torch.testing.assert_close(moved[0, 0, 0], torch.tensor([3.0, 4, 5, 6, 7, 8, 9, 9, 8, 7]), atol=1e-4, rtol=0)


def test_draws_keep_to_their_ranges(global_rng_untouched):
    affine = random_affines(draws(2000), rotation=20, scale=(0.75, 1.4), shift=0.1)
    reduction = affine[:, :, :2].det().sqrt()
    angle = torch.atan2(affine[:, 1, 0], affine[:, 1, 1]).rad2deg()
    assert affine.shape == (2000, 2, 3)
    for values, low, high in (
        (1 / reduction, 0.75, 1.4),
        (angle, -20, 20),
        (affine[:, 0, 2] / 2, -0.1, 0.1),
        (affine[:, 1, 2] / 2, -0.1, 0.1),
    ):
        room = 0.02 * (high - low)
        assert low - 1e-4 <= values.min() < low + room and high - room < values.max() <= high + 1e-4
    middle = math.log(0.75 * 1.4) / 2  # uniform in its logarithm
    assert reduction.log().neg().mean().item() == pytest.approx(middle, abs=0.02)


def test_nothing_to_draw_gives_the_identity():
    assert torch.equal(random_affines(draws(3)), IDENTITY.expand(3, 2, 3))


def test_image_and_label_stay_together_and_labels_keep_their_values():
    """A label that is a threshold of a smooth image stays one, up to the pixels about its edge."""
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, 48), torch.linspace(-1, 1, 64), indexing="ij")
    image = (1 - rows**2 - 0.5 * columns**2 + 0.3 * columns).expand(16, 1, 48, 64)
    label = torch.where(image > 0.5, 25, 3).to(torch.uint8)
    affine = random_affines(draws(16), rotation=30, scale=(0.6, 1.5), shift=0.2, flip=True)
    image, label = affine_warp(image, affine), affine_warp(label, affine, nearest=True)
    sure = (image - 0.5).abs() > 0.06
    assert sure.float().mean() > 0.8 and torch.equal(label[sure] == 25, (image > 0.5)[sure])
    assert label.unique().tolist() == [3, 25]


def test_each_image_has_its_own_map_and_the_gradient_reaches_it():
    image = images(4, 1, 8, 8).requires_grad_()
    affine = random_affines(draws(4), rotation=90, shift=0.3)
    warped = affine_warp(image, affine)
    alone = torch.cat([affine_warp(image[i : i + 1], affine[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(warped, alone)
    warped.sum().backward()
    assert (image.grad.flatten(1).abs().sum(1) > 0).all()


def test_a_scale_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match=r"scale must be positive, got \(0.0, 1.0\)"):
        random_affines(draws(1), scale=(0.0, 1.0))


def test_beyond_the_border_lies_the_mirror_image_or_nothing():
    image = torch.arange(1.0, 5.0).reshape(1, 1, 1, 4).expand(1, 1, 4, 4).contiguous()
    half_a_side = torch.tensor([[[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]])  # two pixels to the left
    assert affine_warp(image, half_a_side)[0, 0, 0].tolist() == [3, 4, 4, 3]
    assert affine_warp(image, half_a_side, mirror=False, nearest=True)[0, 0, 0].tolist() == [3, 4, 0, 0]

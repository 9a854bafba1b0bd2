# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.morphology import skeletonize

from monai_ext.metrics import compute_cl_dice


def blobs(seed: int, shape: tuple[int, int]) -> np.ndarray:
    return gaussian_filter(np.random.default_rng(seed).random(shape), 1.5) > 0.5


def line(*columns: int, row: int = 3, shape: tuple[int, int] = (7, 20)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[row, list(columns)] = True
    return mask


@pytest.mark.parametrize("shape", [(33, 33), (20, 61), (47, 9)])
@pytest.mark.parametrize("margin", [0, 5])
def test_equals_the_equations_written_out_over_whole_images(shape, margin):
    """Skeletons of whole images by scikit-image, so the crop before skeletonising changes nothing, at the border neither."""
    for seed in range(5):
        found, reference = (np.pad(blobs(10 * seed + k, shape), margin) for k in range(2))
        skeletons = [skeletonize(mask.astype(np.uint8).copy()) for mask in (found, reference)]
        precision = (skeletons[0] & reference).sum() / skeletons[0].sum()
        sensitivity = (skeletons[1] & found).sum() / skeletons[1].sum()
        expected = 2 * precision * sensitivity / (precision + sensitivity)
        assert 0 < expected < 1 and compute_cl_dice(found, reference) == pytest.approx(expected, abs=1e-12)


def test_equal_masks_have_one():
    assert compute_cl_dice(blobs(0, (30, 40)), blobs(0, (30, 40))) == 1


def test_a_line_one_pixel_beside_has_nothing():
    """Lines of one pixel are their own skeletons."""
    assert compute_cl_dice(line(*range(2, 12)), line(*range(2, 12), row=4)) == 0


def test_a_broken_line_loses_only_what_is_broken():
    """8 of 10 pixels: precision 1, sensitivity 0.8, so 1.6 / 1.8."""
    whole, broken = line(*range(2, 12)), line(*range(2, 6), *range(8, 12))
    assert compute_cl_dice(broken, whole) == compute_cl_dice(whole, broken) == pytest.approx(1.6 / 1.8)


def test_width_does_not_count_as_long_as_the_middle_line_lies_inside():
    thick, thin = np.zeros((2, 9, 30), bool)
    thick[2:7, 2:28], thin[3:6, 2:28] = True, True
    assert compute_cl_dice(thick, thin) == compute_cl_dice(thin, thick) == 1


def test_half_a_vessel_has_two_thirds():
    """All of the half's middle line lies in the bar, half of the bar's in the half."""
    bar, half = np.zeros((2, 9, 400), bool)
    bar[2:7], half[2:7, :200] = True, True
    assert compute_cl_dice(half, ~bar) == 0
    assert compute_cl_dice(half, bar) == compute_cl_dice(bar, half) == pytest.approx(2 / 3, abs=0.01)


def test_views_are_taken_as_they_are():
    found, reference = blobs(1, (40, 40)), blobs(2, (40, 40))
    expected = compute_cl_dice(found[::-1, ::2].copy(), reference[::-1, ::2].copy())
    assert compute_cl_dice(found[::-1, ::2], reference[::-1, ::2]) == expected


def test_empty_masks():
    empty, full = np.zeros((5, 6), bool), np.ones((5, 6), bool)
    assert compute_cl_dice(empty, full) == compute_cl_dice(full, empty) == 0
    assert math.isnan(compute_cl_dice(empty, empty))


@pytest.mark.parametrize("shapes", [((4, 4), (4, 5)), ((1, 4, 4), (1, 4, 4))])
def test_bad_shapes_are_named(shapes):
    with pytest.raises(ValueError, match=r"must be 2D masks of one shape, got \(.*4\) and"):
        compute_cl_dice(*(np.ones(shape, bool) for shape in shapes))

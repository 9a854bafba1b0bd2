# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from matplotlib.path import Path
from scipy.ndimage import distance_transform_edt, gaussian_filter

from monai_ext.phantom import PhantomSettings, draw_angiogram, outline_mask


def fill(polygons, shape):
    """Pixels whose middle lies in one of the polygons."""
    rows, columns = np.indices(shape) + 0.5
    middles = np.stack([columns.ravel(), rows.ravel()], axis=1)
    inside = [Path(np.concatenate([line, line[:1]]), closed=True).contains_points(middles) for line in polygons]
    return np.any([np.zeros(len(middles), bool), *inside], axis=0).reshape(shape)


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def test_a_rectangle_runs_from_0_to_its_last_pixel_plus_one():
    mask = np.zeros((5, 9), bool)
    mask[1:4, 0:7] = True
    (line,) = outline_mask(mask)
    assert line.min(0).tolist() == [0, 1] and line.max(0).tolist() == [7, 4]


def test_filled_outlines_are_the_segments():
    """At 256 pixels; a shift by half a pixel would cost a tenth of the overlap of a vessel 10 pixels wide."""
    found = []
    for index in range(2):
        segments = draw_angiogram(0, index, PhantomSettings(size=256)).segments
        masks = [segments == number for number in np.unique(segments)[1:]]
        found += [overlap(fill(outline_mask(mask), mask.shape), mask) for mask in masks if mask.sum() > 20]
    assert len(found) > 5 and min(found) > 0.9 and np.mean(found) > 0.98


def test_outlines_run_along_the_border_of_the_mask():
    mask = gaussian_filter(np.random.default_rng(0).standard_normal((97, 120)), 4) > 0.03
    rows, columns = (np.concatenate(outline_mask(mask))[:, axis].astype(int) for axis in (1, 0))
    depth = distance_transform_edt(np.pad(mask, 1, mode="edge")) + distance_transform_edt(np.pad(~mask, 1, mode="edge"))
    from_border = depth[1:-1, 1:-1][np.minimum(rows, 96), np.minimum(columns, 119)] - 0.5
    inner = (rows > 0) & (rows < 96) & (columns > 0) & (columns < 119)
    assert from_border[inner].mean() < 1 and from_border[inner].max() < 2


def test_pieces_and_holes_are_kept():
    mask = np.zeros((20, 31), bool)
    mask[2:9, 2:9] = mask[12:18, 3:28] = True
    mask[4:6, 4:7] = mask[14:16, 5:8] = mask[14:16, 20:23] = False
    lines = outline_mask(mask)
    assert len(lines) == 2 and np.array_equal(fill(lines, mask.shape), mask)


def test_pixels_that_touch_at_a_corner_are_one_piece():
    assert len(outline_mask(np.eye(8, dtype=bool))) == 1


@pytest.mark.parametrize(("mask", "pieces"), [(np.zeros((4, 5), bool), 0), (np.ones((4, 5), bool), 1)])
def test_empty_and_full_masks(mask, pieces):
    lines = outline_mask(mask)
    assert len(lines) == pieces and np.array_equal(fill(lines, mask.shape), mask)


def test_slanted_edges_have_few_points():
    rows, columns = np.indices((60, 60))
    (line,) = outline_mask(np.abs(rows - columns) < 8)
    assert len(line) < 16

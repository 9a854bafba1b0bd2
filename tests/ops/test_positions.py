# SPDX-License-Identifier: Apache-2.0
import math

import pytest
import torch
import torch.nn.functional as F

from monai_ext.ops import sincos_positions


@pytest.mark.parametrize(("rows", "columns", "width"), [(1, 1, 4), (3, 5, 8), (14, 14, 64)])
def test_shape_and_class_token(rows, columns, width):
    table = sincos_positions(rows, columns, width)
    assert table.shape == (1 + rows * columns, width)
    assert table.dtype == torch.float32
    assert torch.equal(table[0], torch.zeros(width))
    assert torch.equal(table[1:], sincos_positions(rows, columns, width, cls_token=False))


def test_equals_the_formula_written_out():
    rows, columns, width = 3, 5, 16
    table = sincos_positions(rows, columns, width, cls_token=False)
    half = width // 2
    for row in range(rows):
        for column in range(columns):
            expected = []
            for coordinate in (column, row):  # the first half tells the column
                angles = [coordinate / 10000 ** (2 * i / half) for i in range(half // 2)]
                expected += [math.sin(a) for a in angles] + [math.cos(a) for a in angles]
            torch.testing.assert_close(table[row * columns + column], torch.tensor(expected), atol=1e-7, rtol=0)


def test_known_value_of_the_first_frequency():
    """omega_0 = 1: the first number of a patch is the sine of its column, the third quarter starts with that of its row."""
    table = sincos_positions(4, 6, 8, cls_token=False)
    assert table[2 * 6 + 3, 0].item() == pytest.approx(math.sin(3), abs=1e-7)
    assert table[2 * 6 + 3, 4].item() == pytest.approx(math.sin(2), abs=1e-7)


def test_a_grid_of_the_same_size_counts_patches():
    assert torch.equal(sincos_positions(3, 3, 8, grid=3), sincos_positions(3, 3, 8))


def test_twice_as_many_patches_lie_at_quarters():
    """Patches 0, 1, 2, 3 of 4 over the grid of 2: -1/4, 1/4, 3/4, 5/4. omega_0 = 1, so the first number is the sine of the column."""
    table = sincos_positions(1, 4, 4, cls_token=False, grid=2)
    assert table[:, 0].tolist() == pytest.approx([math.sin(x) for x in (-0.25, 0.25, 0.75, 1.25)], abs=1e-7)
    assert table[:, 2].tolist() == pytest.approx([math.sin(0.5)] * 4, abs=1e-7)  # one row alone lies between the two


@pytest.mark.parametrize(("grid", "count"), [(14, 32), (14, 20), (14, 9), (5, 13)])
def test_coordinates_are_those_of_bilinear_resizing(grid, count):
    """F.interpolate (align_corners=False) of the coordinates themselves, where it does not clamp them to the outermost middles."""
    counted = torch.arange(grid, dtype=torch.float64).reshape(1, 1, grid)
    place = F.interpolate(counted, count, mode="linear", align_corners=False).flatten()
    inside = (place > 1e-9) & (place < grid - 1 - 1e-9)
    assert inside.sum() >= count - 4
    for table in (
        sincos_positions(1, count, 4, cls_token=False, grid=grid)[:, 0],
        sincos_positions(count, 1, 4, cls_token=False, grid=grid)[:, 2],
    ):
        torch.testing.assert_close(table[inside], place.sin().float()[inside], atol=1e-6, rtol=0)


def test_a_grid_below_one_is_refused():
    with pytest.raises(ValueError, match="grid must be at least 1, got 0"):
        sincos_positions(2, 2, 4, grid=0)


def test_width_without_four_parts_is_refused():
    with pytest.raises(ValueError, match=r"positive multiple of 4 .*, got 6"):
        sincos_positions(2, 2, 6)

# SPDX-License-Identifier: Apache-2.0
import math

import pytest
import torch

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


def test_width_without_four_parts_is_refused():
    with pytest.raises(ValueError, match=r"positive multiple of 4 .*, got 6"):
        sincos_positions(2, 2, 6)

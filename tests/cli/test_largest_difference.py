# SPDX-License-Identifier: Apache-2.0
import math

import pytest
import torch

from monai_ext.cli.largest_difference import largest_difference

IMAGES = [torch.zeros(1, 1, 2, 2), torch.ones(2, 1, 2, 3)]


def test_same_function_does_not_differ():
    assert largest_difference(torch.sin, torch.sin, IMAGES) == 0


def test_largest_of_all_images_and_outputs_counts():
    assert largest_difference(lambda x: (x, x), lambda x: (x, x * 1.25), IMAGES) == pytest.approx(0.25)


def test_difference_of_large_values_is_relative():
    assert largest_difference(lambda x: 100 * x, lambda x: 101 * x, IMAGES) == pytest.approx(0.01)


@pytest.mark.parametrize("other", [lambda x: x[..., :1], lambda x: (x, x), lambda x: x / 0])
def test_other_shape_or_number_or_nan_is_infinite(other):
    assert largest_difference(lambda x: x, other, IMAGES) == math.inf

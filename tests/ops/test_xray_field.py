# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch

from monai_ext.ops import xray_field


def shuttered(height: int, width: int, open_rows: slice, open_columns: slice) -> torch.Tensor:
    image = torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(0)) * 5
    image[..., open_rows, open_columns] += 150
    return image


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_field_lies_just_inside_the_shutters(dtype):
    field = xray_field(shuttered(120, 97, slice(20, 110), slice(11, 90)).to(dtype))[0]
    inside = torch.tensor([20, 110, 11, 90]) + torch.tensor([1, -1, 1, -1]) * 5
    assert ((field - inside).abs() <= 3).all(), field


def test_each_image_has_its_own_field():
    images = torch.cat(
        [shuttered(100, 100, slice(15, 100), slice(0, 100)), torch.linspace(0, 255, 100).expand(1, 1, 100, 100)]
    )
    fields = xray_field(images)
    assert fields[0, 0] >= 15 and fields[0, 1:].tolist() == [100, 0, 100] and fields[1].tolist() == [0, 100, 0, 100]


def test_a_flat_image_and_a_small_one_are_open():
    assert xray_field(torch.full((1, 1, 50, 60), 9.0)).tolist() == [[0, 50, 0, 60]]
    assert xray_field(torch.zeros(1, 1, 6, 6)).tolist() == [[0, 6, 0, 6]]


def test_a_step_in_the_middle_is_anatomy():
    image = torch.zeros(1, 1, 100, 100)
    image[..., 50:] = 200
    assert xray_field(image).tolist() == [[0, 100, 0, 100]]

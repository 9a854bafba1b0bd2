# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.data import collate_same_size


def item(name: str, height: int, width: int) -> dict:
    return {"image": torch.zeros(1, height, width), "image_path": name, "frame": 0}


def test_images_of_one_size_become_a_batch():
    batch = collate_same_size([item("a.png", 4, 6), item("b.png", 4, 6)])
    assert batch["image"].shape == (2, 1, 4, 6) and batch["image_path"] == ["a.png", "b.png"]


def test_other_sizes_are_named_with_what_to_do():
    message = r"must be of one size, got 4x6 of 'a.png' and 6x4 of 'b.png'; set batch_size to 1"
    with pytest.raises(ValueError, match=message):
        collate_same_size([item("a.png", 4, 6), item("b.png", 6, 4)])

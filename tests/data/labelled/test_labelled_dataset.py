# SPDX-License-Identifier: Apache-2.0
import logging

import pytest

from monai_ext.data import LabelledBoxes, LabelledImages
from monai_ext.data.labelled.labelled_dataset import LabelledDataset


def read(item, size, factor):
    if item["image"] < 0:
        raise ValueError(f"'{item['image']}' must not be negative.")
    return size, factor * item["image"]


def test_what_is_read_is_held_in_order_and_the_rest_is_told_of(caplog):
    with caplog.at_level(logging.WARNING):
        data = LabelledDataset([{"image": number} for number in (3, -1, 5)], read, (10,), size=[2, 4])
    assert data._held == [([2, 4], 30), ([2, 4], 50)] and len(data) == 2 and data.files == ["3", "5"]
    assert data.left_out == ["'-1' must not be negative."]
    assert "1 of 3 labelled images are left out:\n  '-1' must not be negative." in caplog.text


def test_only_the_first_of_many_are_shown():
    with pytest.raises(ValueError, match=r"none of 36 labelled images can be used:(\n.*){10}\n  and 26 more$"):
        LabelledDataset([{"image": -1}] * 36, read, (1,))


def test_images_and_boxes_are_such():
    assert issubclass(LabelledBoxes, LabelledDataset) and issubclass(LabelledImages, LabelledDataset)

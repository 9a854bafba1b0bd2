# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from made_result import boxes_result, masks_result
from PIL import Image

from monai_ext.results import write_masks


def test_one_class_is_black_and_white_and_named_by_its_frame(tmp_path):
    result = masks_result()
    write_masks(result, tmp_path / "a.masks")
    assert sorted(path.name for path in (tmp_path / "a.masks").iterdir()) == ["0003.png", "0004.png"]
    for place, name in enumerate(("0003.png", "0004.png")):
        assert np.array_equal(np.asarray(Image.open(tmp_path / "a.masks" / name)), result.masks[place] * 255)


def test_several_classes_keep_their_numbers(tmp_path):
    result = masks_result(classes=3)
    result.masks[1, 0, 0] = 3
    write_masks(result, tmp_path / "a")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a" / "0004.png")), result.masks[1])


def test_boxes_are_no_masks(tmp_path):
    with pytest.raises(ValueError, match="'left/7' has none"):
        write_masks(boxes_result(), tmp_path / "a")

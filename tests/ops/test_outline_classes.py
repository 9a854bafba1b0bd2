# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.ops import outline_classes


def test_the_line_lies_inside_the_class_and_the_rest_is_the_image():
    classes = np.zeros((20, 30), np.uint8)
    classes[5:12, 8:20] = 3
    picture = outline_classes(np.full((20, 30), 0.5), classes)
    grey = (picture == 128).all(-1)
    border = classes > 0
    border[6:11, 9:19] = False
    assert np.array_equal(~grey, border) and picture.dtype == np.uint8


def test_twenty_five_classes_have_colours_of_their_own():
    classes = np.repeat(np.arange(26, dtype=np.uint8)[None], 4, axis=0)
    picture = outline_classes(np.zeros((4, 26)), classes)
    colors = {tuple(color) for color in picture[0, 1:].tolist()}
    assert len(colors) == 25 and all(max(color) == 255 and max(color) - min(color) > 200 for color in colors)


def test_the_line_grows_with_the_image():
    classes = np.zeros((1600, 100), np.uint8)
    classes[100:1500, 20:80] = 1
    picture = outline_classes(np.zeros((1600, 100)), classes)
    assert (picture[800].any(-1)).sum() == 4  # two pixels at either side


def test_grey_values_are_cut_and_nothing_changes_without_a_class():
    picture = outline_classes(np.array([[-1.0, 0.0, 1.0, 7.0]]), np.zeros((1, 4), np.uint8))
    assert picture[0, :, 0].tolist() == [0, 0, 255, 255]


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"must be of one shape, got \(4, 4\) and \(4, 5\)"):
        outline_classes(np.zeros((4, 4)), np.zeros((4, 5), np.uint8))

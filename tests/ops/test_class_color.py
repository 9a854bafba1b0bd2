# SPDX-License-Identifier: Apache-2.0
from monai_ext.ops import class_color


def test_the_first_class_is_yellow():
    assert class_color(1) == (255, 205, 25)


def test_twenty_five_classes_differ_and_shine():
    colors = {class_color(number) for number in range(1, 26)}
    assert len(colors) == 25 and all(max(color) == 255 and max(color) - min(color) > 200 for color in colors)

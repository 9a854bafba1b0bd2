# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.ops import draw_boxes

YELLOW = (255, 200, 20)


def drawn(grey: np.ndarray, boxes, notes=None) -> np.ndarray:
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    return draw_boxes(grey, boxes, [""] * len(boxes) if notes is None else notes)


def yellow(picture: np.ndarray) -> np.ndarray:
    return (picture == YELLOW).all(-1)


def test_the_line_lies_on_the_first_and_last_pixels_of_the_box():
    picture = drawn(np.full((40, 60), 0.6), [[10, 5, 30, 15]])
    expected = np.zeros((40, 60), bool)
    expected[5:15, 10:30] = True
    expected[6:14, 11:29] = False
    assert picture.dtype == np.uint8 and picture.shape == (40, 60, 3) and np.array_equal(yellow(picture), expected)
    assert (picture[4, 9:31] == 0).all() and (picture[15, 9:31] == 0).all()
    assert (picture[10, 20] == 153).all() and (picture[0, 0] == 153).all()


def test_parts_of_pixels_are_whole_ones():
    picture = yellow(drawn(np.zeros((40, 60)), [[10.2, 5.9, 29.1, 14.01]]))
    rows, columns = np.nonzero(picture)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (5, 14, 10, 29)


def test_the_note_stands_above_or_below_where_there_is_no_room():
    grey = np.full((100, 200), 0.6)
    bare, above = (drawn(grey, [[20, 40, 80, 60]], [note]) for note in ("", "0.93"))
    rows, columns = np.nonzero((bare != above).any(-1))
    assert rows.max() < 40 and rows.min() > 20 and columns.min() >= 18 and columns.max() < 80
    bare, below = (drawn(grey, [[190, 2, 199, 20]], [note]) for note in ("", "0.93"))
    rows, columns = np.nonzero((bare != below).any(-1))
    assert rows.min() >= 20 and rows.max() < 45 and columns.max() <= 199 and len(rows) > 50


def test_lines_of_large_images_are_thicker():
    assert yellow(drawn(np.zeros((64, 1024)), [[10, 10, 60, 60]])).sum() == 50 * 50 - 46 * 46


def test_an_image_without_boxes_is_grey():
    grey = np.linspace(-0.5, 1.5, 12).reshape(3, 4)
    picture = drawn(grey, [])
    assert (picture[..., 0] == np.rint(np.clip(grey, 0, 1) * 255)).all() and np.ptp(picture, axis=-1).max() == 0


def test_a_picture_keeps_its_colours():
    colours = np.zeros((40, 60, 3), np.uint8)
    colours[:, :, 2] = 200
    picture = drawn(colours, [[10, 5, 30, 15]])
    assert np.array_equal(yellow(picture), yellow(drawn(np.zeros((40, 60)), [[10, 5, 30, 15]])))
    assert (picture[30] == (0, 0, 200)).all()


@pytest.mark.parametrize("box", [[5, 5, 5, 5], [-20, -20, 200, 200], [300, 300, 400, 400], [5, 5, 5.5, 30]])
def test_boxes_without_area_or_outside_do_no_harm(box):
    assert drawn(np.zeros((40, 60)), [box], ["0.50"]).shape == (40, 60, 3)


def test_every_box_needs_a_note():
    with pytest.raises(ValueError, match="every box must have a note, got 1 boxes and 2 notes"):
        drawn(np.zeros((4, 4)), [[0, 0, 1, 1]], ["a", "b"])

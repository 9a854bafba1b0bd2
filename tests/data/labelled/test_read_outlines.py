# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.data.labelled import read_outlines
from monai_ext.data.records import Box, Record

GREY = np.arange(24 * 31, dtype=np.uint16).reshape(24, 31).astype(np.uint8)


@pytest.fixture
def item(save):
    """An image of 24 x 31 px with shapes: boxes by four edges, polygons by points."""
    path = save("image.png", GREY)

    def make(*shapes) -> dict:
        boxes = all(isinstance(shape[0], (int, float)) for shape in shapes)
        label = tuple(Box(*shape, "x") for shape in shapes) if boxes else shapes
        return {"image": path, "label": Record(path, "mine", labels={"boxes" if boxes else "stenoses": label})}

    return make


def around(outlines) -> list[list[float]]:
    return [[*outline.min(0), *outline.max(0)] for outline in outlines]


def test_the_box_around_an_ellipse_is_the_box_to_the_last_bit(item, global_rng_untouched):
    box = [1.1, 2.7, 13.3, 20.9]
    image, (outline,), dropped = read_outlines(item(box))
    assert np.array_equal(image, GREY) and dropped == []
    assert outline.shape == (32, 2) and around([outline]) == [box]
    on_ellipse = (((outline - [7.2, 11.8]) / [6.1, 9.1]) ** 2).sum(1)
    assert on_ellipse == pytest.approx(np.ones(32))


def test_a_polygon_stays_as_it_is(item):
    polygon = ((3.0, 4.5), (12.0, 4.0), (9.0, 11.0))
    _, (outline,), dropped = read_outlines(item(polygon))
    assert outline.tolist() == [list(point) for point in polygon] and dropped == []


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((-5, -4, 6, 7), [0, 0, 6, 7]),
        ((20, 10, 40, 30), [20, 10, 31, 24]),
        ((-9, -9, 90, 90), [0, 0, 31, 24]),
        ((30, 23, 33, 33), [30, 23, 31, 24]),
    ],
)
def test_a_box_partly_outside_is_clipped(item, box, expected):
    polygon = ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]))
    for shape in (box, polygon):
        _, outlines, dropped = read_outlines(item(shape))
        assert around(outlines) == [expected] and dropped == []


@pytest.mark.parametrize(
    "bad",
    [
        ((40, 2, 50, 9), "40 2 50 9"),
        ((2, -9, 8, 0), "2 -9 8 0"),
        ((30.5, 2, 40, 9), "30.5 2 40 9"),
        ((3, 4, 3.9, 20), "3 4 3.9 20"),
    ],
)
def test_a_box_outside_or_without_an_area_is_dropped_and_named(item, bad):
    box, told = bad
    made = item((1, 2, 9, 12), box)
    _, outlines, dropped = read_outlines(made)
    assert around(outlines) == [[1, 2, 9, 12]]
    assert dropped == [
        f"a box of '{made['image']}' must be at least 1 px a side within the image, got {told}; it is dropped."
    ]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_shape_that_is_not_finite_is_dropped(item, value):
    _, outlines, dropped = read_outlines(item(((1, 2), (9, 2), (9, 12)), ((1, 2), (value, 2), (9, 8))))
    assert around(outlines) == [[1, 2, 9, 12]] and len(dropped) == 1


def test_the_smallest_box_has_one_pixel_a_side(item):
    _, outlines, dropped = read_outlines(item((3, 4, 4, 5), (10, 4, 11, 4.99)))
    assert around(outlines) == [[3, 4, 4, 5]] and len(dropped) == 1


def test_the_same_box_counts_once(item):
    """Half a pixel tells two apart; what is alike after clipping is the same."""
    made = item((1, 2, 9, 12), (1.2, 2.1, 9.2, 11.9), (1.5, 2, 9, 12), (20, 10, 40, 30), (20, 10, 50, 24))
    _, outlines, dropped = read_outlines(made)
    assert around(outlines) == [[1, 2, 9, 12], [1.5, 2, 9, 12], [20, 10, 31, 24]]
    assert [line.split("' ")[1] for line in dropped] == [
        "must be there once, got 1.2 2.1 9.2 11.9; it counts once.",
        "must be there once, got 20 10 50 24; it counts once.",
    ]


def test_no_box_is_an_answer_and_a_hundred_stay_in_their_order(item):
    assert read_outlines(item())[1:] == ([], [])
    boxes = [[x, y, x + 5, y + 4] for y in range(10) for x in range(10)]
    _, outlines, dropped = read_outlines(item(*boxes))
    assert around(outlines) == boxes and dropped == []


def test_an_image_whose_every_box_is_bad_is_none_without_boxes(item):
    with pytest.raises(
        ValueError, match=r"one box of '.*image.png' at least must be usable, got none of 2: a box of .* got 40 2 50 9"
    ):
        read_outlines(item((40, 2, 50, 9), (3, 4, 3.5, 20)))


def test_an_image_without_such_a_label_is_named(item, save):
    path = item()["image"]
    for label in (save("mask.png", GREY), None):
        with pytest.raises(ValueError, match=r"image.png' must have the label 'boxes', got none; leave the image out"):
            read_outlines({"image": path, "label": label})
    with pytest.raises(ValueError, match=r"must have the label 'boxes', got 'vessels', 'lesion'"):
        read_outlines({"image": path, "label": Record(path, "mine", labels={"vessels": (), "lesion": False})})


def test_small_images_are_named(item):
    with pytest.raises(ValueError, match=r"both sides of '.*image.png' must be at least 25 px, got 24x31"):
        read_outlines(item((1, 2, 9, 12)), 25)

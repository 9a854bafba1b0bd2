# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from monai.data.box_utils import box_iou

from monai_ext.ops import match_boxes

A, B, NONE = [0, 0, 10, 10], [50, 20, 80, 60], np.zeros((0, 4))


def match(boxes, scores, truth, overlaps=(0.5,), **knobs) -> dict[str, np.ndarray]:
    arrays = [
        np.array(value, float).reshape(shape) for value, shape in ((boxes, (-1, 4)), (scores, -1), (truth, (-1, 4)))
    ]
    return match_boxes(*arrays, overlaps, **knobs)


def test_the_highest_score_takes_the_box_and_a_second_prediction_of_it_is_false():
    made = match([A, A, B], [0.3, 0.9, 0.5], [B, A])
    assert made["dtScores"].tolist() == [0.9, 0.5, 0.3] and made["dtMatches"].tolist() == [[1, 1, 0]]
    assert made["gtMatches"].tolist() == [[1, 1]]


def test_each_of_two_equal_true_boxes_asks_for_a_prediction():
    assert match([A], [0.9], [A, A])["gtMatches"].sum() == 1
    assert match([A, A], [0.9, 0.8], [A, A])["gtMatches"].sum() == 2


def test_a_prediction_takes_what_it_overlaps_most():
    near, nearer = [0, 0, 10, 8], [0, 0, 10, 9]
    assert match([A], [0.9], [nearer, near])["gtMatches"].tolist() == [[1, 0]]
    assert match([A], [0.9], [near, nearer])["gtMatches"].tolist() == [[0, 1]]


@pytest.mark.parametrize("tenths", range(1, 10))
def test_an_overlap_of_exactly_what_is_asked_hits_and_a_little_less_does_not(tenths):
    """10 by 10 pixels and a part of them."""
    part = [0, 0, 10, tenths]
    made = match([A], [1], [part], [tenths / 10, tenths / 10 + 1e-6])
    assert made["dtMatches"].tolist() == [[1], [0]]


def test_overlaps_are_those_of_monai():
    generator = np.random.default_rng(0)
    for _ in range(50):
        low, side = generator.random((2, 2, 2)) * [[[8]], [[20]]]
        boxes = np.concatenate([low, low + side], 1)
        iou = box_iou(boxes[:1], boxes[1:]).item()
        if iou > 1e-3:
            assert match(boxes[:1], [1], boxes[1:], [iou - 1e-5, iou + 1e-5])["dtMatches"].tolist() == [[1], [0]]


@pytest.mark.parametrize(("boxes", "truth"), [(NONE, NONE), (NONE, [A, B]), ([A], NONE)])
def test_an_image_without_boxes_or_predictions_has_the_same_arrays(boxes, truth):
    made = match(boxes, [0.5] * len(boxes), truth, [0.5, 0.75])
    shapes = {name: value.shape for name, value in made.items()}
    d, g = len(boxes), len(truth)
    expected = {"dtMatches": (2, d), "gtMatches": (2, g), "dtIgnore": (2, d), "dtScores": (d,), "gtIgnore": (g,)}
    assert shapes == expected and not made["dtMatches"].any() and not made["gtMatches"].any()


def test_boxes_without_area_overlap_nothing():
    point, line = [5, 5, 5, 5], [2, 2, 9, 2]
    made = match([point, line], [0.9, 0.8], [point, line, A], [0.01])
    assert not made["dtMatches"].any()


def test_only_so_many_of_the_highest_scores_count():
    made = match([A, B], [0.3, 0.9], [A, B], most=1)
    assert made["dtScores"].tolist() == [0.9] and made["gtMatches"].tolist() == [[0, 1]]

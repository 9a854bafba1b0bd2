# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from monai_ext.handlers import Detections, draw_detections

NONE = np.zeros((0, 4))


def detections(truth=NONE, hit=(), boxes=NONE, scores=(), right=(), shape=(60, 80)) -> Detections:
    """Grey 0.5."""
    arrays = (
        np.asarray(truth, float),
        np.asarray(hit, bool),
        np.asarray(boxes, float),
        np.asarray(scores),
        np.asarray(right, bool),
    )
    return Detections("a.png", np.full(shape, 0.5), *arrays)


def rectangles(axes) -> list[Rectangle]:
    return [patch for patch in axes.patches if isinstance(patch, Rectangle)]


BOTH = detections(
    [[10, 10, 30, 20], [50, 30, 70, 55]], [True, False], [[11, 10, 31, 21], [2, 40, 9, 50]], [0.9, 0.314], [True, False]
)


def test_boxes_lie_in_pixels_beside_the_bare_image():
    figure = draw_detections({"best": [BOTH]})
    bare, drawn = figure.axes
    assert not rectangles(bare) and not bare.texts
    boxes = [
        [*patch.get_xy(), patch.get_x() + patch.get_width(), patch.get_y() + patch.get_height()]
        for patch in rectangles(drawn)
    ]
    assert boxes == [*BOTH.truth.tolist(), *BOTH.boxes.tolist()]
    for axes in (bare, drawn):
        assert tuple(axes.images[0].get_extent()) == (0, 80, 60, 0)  # pixel (0, 0) covers 0..1
        assert axes.get_xlim() == (0, 80) and axes.get_ylim() == (60, 0)
    assert [text.get_text() for text in drawn.texts] == ["0.90", "0.31"]


def test_found_missed_and_false_differ_in_brightness_and_in_line_and_the_legend_names_them():
    figure = draw_detections({"best": [BOTH]})
    true_box, missed, found, false = rectangles(figure.axes[1])
    looks = [(to_rgb(patch.get_edgecolor()), str(patch.get_linestyle())) for patch in (found, missed, false, true_box)]
    assert len({colour for colour, _ in looks}) == 4
    assert len({line for _, line in looks[:3]}) == 3
    assert np.diff(sorted(np.dot(colour, [0.299, 0.587, 0.114]) for colour, _ in looks[:3])).min() > 0.1
    legend = figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["found", "its true box", "missed", "false"]
    assert to_rgb(legend.get_lines()[0].get_color()) == looks[0][0]


@pytest.mark.parametrize(
    "box",
    [
        [0, 0, 20, 8],
        [70, 0, 80, 60],
        [-30, -20, 90, 70],
        [75, 55, 120, 90],
        [100, 80, 120, 90],
        [5, 5, 5, 5],
        [-9, -9, -5, -5],
    ],
)
def test_scores_stay_in_the_picture_where_boxes_do_not(box, tmp_path):
    figure = draw_detections({"best": [detections(boxes=[box], scores=[0.5], right=[False])]})
    figure.savefig(tmp_path / "a.png")
    axes = figure.axes[1]
    inside, text = axes.get_window_extent(), axes.texts[0].get_window_extent()
    assert (
        inside.x0 - 3 <= text.x0 and text.x1 <= inside.x1 + 3 and inside.y0 - 3 <= text.y0 and text.y1 <= inside.y1 + 3
    )
    assert axes.get_xlim() == (0, 80) and axes.get_ylim() == (60, 0)


def test_images_without_boxes_or_with_many_and_of_any_size_can_be_drawn(tmp_path, global_rng_untouched):
    low = np.random.default_rng(0).random((100, 2)) * 50
    many = detections(boxes=np.concatenate([low, low + 9], 1), scores=np.full(100, 0.5), right=np.zeros(100))
    rows = {"best": [detections(), detections(shape=(64, 32))], "worst": [many]}
    figure = draw_detections(rows, title="By F1")
    figure.savefig(tmp_path / "a.png")
    assert len(figure.axes) == 2 * 3 and len(rectangles(figure.axes[5])) == 100
    assert [text.get_text() for text in figure.texts] == ["best", "worst", "By F1"]
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["a.png", ""] * 3


def test_nothing_to_draw_is_an_error():
    with pytest.raises(ValueError, match="at least one image to draw, got none"):
        draw_detections({"best": []})

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from monai_ext.handlers import Overlay, draw_overlays


def overlay(shape=(12, 16), **maps) -> Overlay:
    """Grey 0.5; maps by pixels."""
    made = {name: np.zeros(shape, np.uint8) for name in ("label", "prediction")}
    for name, pixels in maps.items():
        for (row, column), value in pixels.items():
            made[name][row, column] = value
    return Overlay("a.png", np.full(shape, 0.5), **made)


def pictures(figure) -> list[np.ndarray]:
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes]


def test_found_missed_and_false_pixels_have_three_colours_beside_the_bare_image():
    figure = draw_overlays(
        {"best": [overlay(label={(2, 3): 1, (5, 5): 1}, prediction={(2, 3): 1, (9, 9): 1})]}, ["vessel"]
    )
    bare, painted = pictures(figure)
    assert np.all(bare == 0.5) and np.all(painted[0, 0] == 0.5)
    found, missed, false = painted[2, 3], painted[5, 5], painted[9, 9]
    assert np.sum(np.any(painted != 0.5, axis=-1)) == 3
    assert found.argmax() == 2 and found[0] < found[1]  # blue
    assert min(missed[:2]) > 0.8 and missed[2] < 0.4  # yellow
    assert false[0] > 0.8 and max(false[1:]) < 0.4  # red
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "found",
        "missed",
        "false",
        "outline of the label",
    ]


def test_colours_differ_in_brightness_too():
    """So that they are apart for people who see no hues, and in a grey print."""
    figure = draw_overlays({"": [overlay(label={(2, 3): 1, (5, 5): 1}, prediction={(2, 3): 1, (9, 9): 1})]}, ["vessel"])
    brightness = pictures(figure)[1] @ [0.299, 0.587, 0.114]
    values = sorted([brightness[2, 3], brightness[5, 5], brightness[9, 9]])
    assert np.diff(values).min() > 0.1


def test_classes_keep_their_colour_in_label_and_prediction_and_the_legend_names_those_present():
    made = overlay(label={(2, 3): 1, (5, 5): 3}, prediction={(2, 3): 3, (9, 9): 3})
    figure = draw_overlays({"best": [made]}, ["LM", "LAD", "RCA"])
    label, prediction = pictures(figure)
    assert np.array_equal(label[5, 5], prediction[2, 3]) and not np.allclose(label[2, 3], prediction[2, 3], atol=0.1)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["LM", "RCA"]
    assert {text.get_text() for text in figure.axes[0].texts} == {"LM", "RCA", "label"}
    assert {text.get_text() for text in figure.axes[1].texts} == {"RCA", "prediction"}


def test_all_25_classes_have_colours_of_their_own():
    pixels = {(k // 5, k % 5): k + 1 for k in range(25)}
    label, _ = pictures(draw_overlays({"best": [overlay(label=pixels)]}, [str(k) for k in range(25)]))
    colours = label[:5, :5].reshape(25, 3)
    distances = np.abs(colours[:, None] - colours[None]).max(-1) + np.eye(25)
    assert distances.min() > 0.05
    assert distances[np.arange(24), np.arange(1, 25)].min() > 0.3


def test_rows_sizes_and_titles(tmp_path, global_rng_untouched):
    rows = {"best": [overlay(), overlay((20, 9))], "worst": [overlay(label={(1, 1): 1})]}
    figure = draw_overlays(rows, ["vessel"], title="By Dice")
    assert len(figure.axes) == 2 * 3
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["a.png", ""] * 3
    assert [text.get_text() for text in figure.texts] == ["best", "worst", "By Dice"]
    figure.savefig(tmp_path / "a.png")
    extents = [axes.get_window_extent() for axes in figure.axes]
    assert extents[2].height / extents[2].width == pytest.approx(20 / 9, rel=0.01)
    assert extents[0].x1 < extents[1].x0 < extents[2].x0 and extents[4].y1 < extents[0].y0


def test_a_label_of_everything_or_nothing_and_no_class_at_all_can_be_drawn():
    everything = Overlay("a", np.zeros((8, 8)), np.ones((8, 8), np.uint8), np.zeros((8, 8), np.uint8))
    draw_overlays({"": [everything, overlay()]}, ["vessel"]).canvas.draw()
    draw_overlays({"": [overlay()]}, ["LM", "LAD"]).canvas.draw()


def test_nothing_to_draw_is_an_error():
    with pytest.raises(ValueError, match="at least one image to draw, got none"):
        draw_overlays({"best": []}, ["vessel"])

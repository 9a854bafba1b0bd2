# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from monai_ext.handlers.draw_curves import draw_curves

ROWS = [{"epoch": 1, "loss": 2.0, "share": 0.2}, {"epoch": 2, "loss": 1.0}]


def test_one_panel_a_title_with_the_values_by_epoch():
    figure = draw_curves(ROWS, {"loss": {"loss": "loss"}, "share": {"share": "hidden"}})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["loss", "share"]
    line = figure.axes[0].lines[0]
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([1, 2], [2.0, 1.0])
    figure.canvas.draw()  # the missing share of epoch 2 leaves a gap


def test_several_lines_have_a_legend_and_differ_in_dash():
    axes = draw_curves(ROWS, {"both": {"loss": "a", "share": "b"}}, percent=True).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]
    assert len({line.get_linestyle() for line in axes.lines}) == 2 and axes.get_ylim()[0] == 0


def test_nothing_to_draw_is_named():
    with pytest.raises(ValueError, match="must not be empty to draw curves, got 0 and 1"):
        draw_curves([], {"loss": {"loss": "loss"}})

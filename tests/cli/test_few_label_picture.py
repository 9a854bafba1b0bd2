# SPDX-License-Identifier: Apache-2.0
from itertools import pairwise

import numpy as np
import pytest
from made_cell import result
from matplotlib.text import Text

from monai_ext.cli.few_label_picture import few_label_picture

NAMES = ("none", "unet", "vasomim", "mae")
RESULTS = [
    result(name, fraction, seed, 0.5 + 0.1 * fraction + 0.002 * seed + 0.001 * place)
    for place, name in enumerate(NAMES)
    for fraction in (0.1, 1.0)
    for seed in (0, 1)
]


def texts(axes):
    return {text.get_text(): text for text in axes.texts}


def test_both_measures_are_shown_over_the_number_of_labels():
    dice, cldice = few_label_picture(RESULTS, title="what").axes
    assert (dice.get_title(loc="left"), cldice.get_title(loc="left")) == ("Dice", "clDice")
    assert dice.get_xscale() == "log" and list(dice.get_xticks()) == [10, 100]
    assert [label.get_text() for label in dice.get_xticklabels()] == ["10\n10 %", "100\n100 %"]


def test_lines_are_means_with_a_dot_for_each_seed_and_a_bar():
    dice = few_label_picture(RESULTS).axes[0]
    (means,) = (line.get_ydata() for line in dice.lines if line.get_linestyle() == "--")  # of none
    assert np.allclose(means, [0.511, 0.601])
    dots = np.concatenate([line.get_ydata() for line in dice.lines if line.get_alpha() == 0.35])
    assert np.allclose(np.sort(dots), sorted(row.dice for row in RESULTS))
    assert len(dice.collections) == len(NAMES)  # bars


def test_every_line_has_its_name_in_its_colour_and_names_do_not_overlap():
    figure = few_label_picture(RESULTS)
    figure.canvas.draw()
    for axes in figure.axes:
        names = texts(axes)
        assert set(names) == set(NAMES) and len({text.get_color() for text in names.values()}) == len(NAMES)
        boxes = sorted(Text.get_window_extent(text).intervaly.tolist() for text in names.values())  # without its line
        assert all(low[1] <= high[0] + 2 for low, high in pairwise(boxes))


def test_one_share_of_the_labels_stands_beside_the_names():
    """Across half a panel the thin lines to the names would be taken for results."""
    axes = few_label_picture([result(name, 0.1, 0, 0.5) for name in NAMES]).axes[0]
    place = axes.transAxes.inverted().transform(axes.transData.transform((10, 0.5)))[0]
    assert place > 0.75


def test_one_training_is_enough(tmp_path, global_rng_untouched):
    few_label_picture([result("mae", 0.1, 0, 0.5)]).savefig(tmp_path / "a.png")
    few_label_picture([result("mae", 0.1, 0, None)]).savefig(tmp_path / "b.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="results must not be empty to draw a picture, got 0"):
        few_label_picture([])

# SPDX-License-Identifier: Apache-2.0
import pytest
from made_cell import result

from monai_ext.cli.few_label_summary import FewLabelSummary


def test_means_and_deviations_are_over_seeds():
    rows = [result("mae", 0.1, seed, dice) for seed, dice in enumerate((0.5, 0.6, 0.7))]
    (summary,) = FewLabelSummary.of(rows, "dice").values()
    assert summary.mean == pytest.approx(0.6) and summary.std == pytest.approx(0.1)  # of n - 1: sqrt(0.02 / 2)
    assert summary.images == (10, 10, 10) and summary.by_seed == {0: 0.5, 1: 0.6, 2: 0.7}


def test_a_single_seed_has_no_deviation():
    assert FewLabelSummary.of([result("mae", 0.1, 0, 0.5)], "dice")["mae", 0.1].std is None


def test_the_difference_is_over_the_seeds_that_both_have():
    rows = [
        result("none", 0.1, 0, 0.2),
        result("none", 0.1, 1, 0.4),
        result("mae", 0.1, 1, 0.5),
        result("mae", 0.1, 2, 0.9),
    ]
    cells = FewLabelSummary.of(rows, "dice")
    assert cells["mae", 0.1].above(cells["none", 0.1]) == pytest.approx(0.1)
    other = FewLabelSummary.of([result("unet", 0.1, 7, 0.3)], "dice")["unet", 0.1]
    assert other.above(cells["none", 0.1]) is None


def test_what_lacks_the_measure_does_not_count():
    rows = [result("none", 0.1, 0, None), result("none", 0.1, 1, 0.4), result("mae", 1.0, 0, None)]
    assert {key: cell.by_seed for key, cell in FewLabelSummary.of(rows, "cldice").items()} == {
        ("none", 0.1): {1: pytest.approx(0.3)}
    }

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from monai_ext.handlers.changed_knobs import changed_knobs


def test_old_and_new_values_in_the_order_of_the_new():
    before = {"rate": 0.1, "epochs": 8, "model": "tiny", "seed": 0}
    now = {"model": "base", "epochs": 4, "seed": 0, "rate": 0.1}
    assert changed_knobs(before, now) == ["model 'tiny' -> 'base'", "epochs 8 -> 4"]


def test_where_a_run_computes_and_writes_is_no_change():
    assert (
        changed_knobs(
            {"workers": 0, "device": "cpu", "output_dir": "a"}, {"workers": 4, "device": "cuda", "output_dir": "b"}
        )
        == []
    )


def test_knobs_that_only_one_of_the_versions_knows_are_no_change():
    assert changed_knobs({"old": 1, "seed": 0}, {"new": 1, "seed": 0}) == []
    assert changed_knobs({}, {"seed": 0}) == []

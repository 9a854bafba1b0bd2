# SPDX-License-Identifier: Apache-2.0
from itertools import pairwise
from pathlib import Path

import pytest

from monai_ext.data.records import Record, label_fraction


def cohort(patients=20, frames=5):
    return [Record(Path(f"/d/{p}_{f}.png"), "s", patient=str(p)) for p in range(patients) for f in range(frames)]


@pytest.mark.parametrize("records", [cohort(), [Record(Path(f"/d/{i}.png"), "s") for i in range(100)]])
def test_exact_and_nested(records, global_rng_untouched):
    drawn = [label_fraction(records, share, seed=3) for share in (0.01, 0.05, 0.1, 0.2, 0.5, 1)]
    assert [len(part) for part in drawn] == [1, 5, 10, 20, 50, 100]
    assert all(set(one) < set(other) for one, other in pairwise(drawn))
    assert drawn[-1] == records


def test_whole_patients_are_drawn():
    assert len({record.patient for record in label_fraction(cohort(), 0.2)}) == 4


def test_order_does_not_matter_and_seeds_do():
    records = cohort()
    assert set(label_fraction(records[::-1], 0.3)) == set(label_fraction(records, 0.3))
    assert label_fraction(records, 0.3, seed=1) != label_fraction(records, 0.3, seed=2)


def test_at_least_one():
    assert len(label_fraction(cohort(1, 3), 0.001)) == 1


@pytest.mark.parametrize("fraction", [0, -0.1, 1.01, float("nan")])
def test_bad_fraction(fraction):
    with pytest.raises(ValueError, match="fraction must be above 0 and at most 1, got"):
        label_fraction(cohort(), fraction)


def test_no_records():
    with pytest.raises(ValueError, match="at least one record, got none"):
        label_fraction([], 0.5)

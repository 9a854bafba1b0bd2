# SPDX-License-Identifier: Apache-2.0
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from monai_ext.data.records import Record, split_by_patient


def cohort(patients=50, frames=4, root="/data"):
    return [
        Record(Path(f"{root}/{p}/{f}.png"), "cadica", patient=f"p{p}") for p in range(patients) for f in range(frames)
    ]


def patients(records):
    return {(record.source, record.patient) for record in records}


def test_no_patient_on_two_sides_and_nothing_lost(global_rng_untouched):
    records = cohort()
    parts = split_by_patient(records, {"train": 0.6, "val": 0.2, "test": 0.2})
    assert Counter(r for part in parts.values() for r in part) == Counter(records)
    assert {name: len(patients(part)) for name, part in parts.items()} == {"train": 30, "val": 10, "test": 10}
    assert len(set.union(*map(patients, parts.values()))) == 50


def test_the_order_of_records_does_not_matter_and_is_kept():
    records = cohort()
    shuffled = [records[i] for i in np.random.default_rng(0).permutation(len(records))]
    one, other = split_by_patient(records), split_by_patient(shuffled)
    assert list(one) == ["train", "val"] and all(set(one[name]) == set(other[name]) for name in one)
    assert other["val"] == [record for record in shuffled if record in set(one["val"])]


def test_seeds_differ_and_repeat():
    assert (
        split_by_patient(cohort(), seed=1) == split_by_patient(cohort(), seed=1) != split_by_patient(cohort(), seed=2)
    )


def test_a_split_that_must_not_change():
    """Recorded here: experiments that were run must find their split again."""
    parts = split_by_patient(cohort(10, 1), {"train": 0.7, "val": 0.3}, seed=1)
    assert sorted(record.patient for record in parts["val"]) == ["p0", "p1", "p5"]


def test_without_patients_videos_then_files_stay_together():
    files = [Record(Path(f"/d/{i}.dcm"), "dicom", frame=f) for i in range(10) for f in range(3)]
    videos = [Record(Path(f"/v/{i}/{f}.png"), "xcav", video=str(i)) for i in range(10) for f in range(3)]
    parts = split_by_patient(files + videos, {"a": 0.5, "b": 0.5})
    for key in (lambda r: (r.source, r.path if r.source == "dicom" else r.video),):
        assert not {key(r) for r in parts["a"]} & {key(r) for r in parts["b"]}


def test_equal_patients_of_two_sources_are_two():
    records = [Record(Path(f"/{source}/{p}.png"), source, patient=str(p)) for source in "ab" for p in range(20)]
    parts = split_by_patient(records, {"x": 0.5, "y": 0.5})
    assert len(parts["x"]) == len(parts["y"]) == 20
    assert {r.patient for r in parts["x"]} & {r.patient for r in parts["y"]}


def test_a_split_of_files_does_not_depend_on_where_they_lie():
    here, there = (
        [Record(Path(f"{root}/{i % 3}/{i}.png"), "images") for i in range(40)] for root in ("/a", "/home/me/set")
    )
    names = [[record.path.name for record in split_by_patient(records)["val"]] for records in (here, there)]
    assert names[0] == names[1]


def test_every_part_has_a_patient():
    parts = split_by_patient(cohort(3), {"a": 0.01, "b": 0.01, "c": 0.98})
    assert [len(patients(part)) for part in parts.values()] == [1, 1, 1]
    parts = split_by_patient(cohort(3), {"a": 0.98, "b": 0.01, "c": 0.01})
    assert [len(patients(part)) for part in parts.values()] == [1, 1, 1]


@pytest.mark.parametrize(
    "shares", [{}, {"a": 0.5, "b": 0.6}, {"a": 1.2, "b": -0.2}, {"a": 1, "b": 0}, {"a": float("nan")}]
)
def test_bad_shares(shares):
    with pytest.raises(ValueError, match="shares must be above 0 and 1 in all, got"):
        split_by_patient(cohort(), shares)


def test_too_few_patients():
    with pytest.raises(ValueError, match="every part must have a patient, got 1 patients for 2 parts"):
        split_by_patient(cohort(1))

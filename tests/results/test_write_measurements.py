# SPDX-License-Identifier: Apache-2.0
import csv
from pathlib import Path

import pytest
from made_result import boxes_result, masks_result

from monai_ext.results import write_measurements


def rows(result, tmp_path):
    write_measurements(result, tmp_path / "a.csv")
    with open(tmp_path / "a.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_tube_of_known_size_has_a_row_as_class_and_as_vessel(tmp_path):
    of_class, vessel = rows(masks_result(), tmp_path)
    assert {key: value for key, value in of_class.items() if value} == {
        "file": "left/7.dcm", "frame": "3", "kind": "class", "name": "vessels", "unit": "px", "area": "280.0",
        "x0": "10.0", "y0": "20.0", "x1": "50.0", "y1": "27.0",
    }  # fmt: skip
    assert (vessel["kind"], vessel["number"], vessel["area"]) == ("vessel", "1", "")
    assert float(vessel["mean_diameter"]) == pytest.approx(7, abs=0.5) and float(vessel["length"]) == pytest.approx(
        40, abs=2
    )
    assert float(vessel["y0"]) == pytest.approx(23.5, abs=0.2) == float(vessel["y1"])


def test_areas_and_lengths_are_millimetres_where_the_spacing_is_known(tmp_path):
    of_class, vessel = rows(masks_result(spacing=(0.5, 0.25)), tmp_path)
    assert of_class["unit"] == vessel["unit"] == "mm" and of_class["area"] == "35.0"
    assert float(vessel["mean_diameter"]) == pytest.approx(3.5, abs=0.3) and float(vessel["length"]) == pytest.approx(
        10, abs=1
    )


def test_vessels_are_numbered_in_their_class(tmp_path):
    result = masks_result(classes=2)
    result.masks[0, 40:45, 10:30] = 1
    result.masks[0, 2:7, 10:30] = 2
    vessels = [row for row in rows(result, tmp_path) if row["kind"] == "vessel"]
    assert [(row["name"], row["number"]) for row in vessels] == [("class 1", "1"), ("class 1", "2"), ("class 2", "1")]


def test_lesions_have_a_row_a_frame(tmp_path):
    found = rows(boxes_result(), tmp_path)
    assert [(row["frame"], row["number"], row["score"]) for row in found] == [
        ("3", "1", "0.75"),
        ("4", "1", "0.875"),
        ("4", "2", "0.5"),
    ]
    assert [float(found[1][side]) for side in ("x0", "y0", "x1", "y1")] == [5, 7, 15, 27]


@pytest.mark.parametrize("name", ["=cmd", "+1", "-1", "@x"])
def test_a_file_name_is_no_formula(name, tmp_path):
    found = rows(masks_result(source=Path(f"in/{name}.dcm"), name=name), tmp_path)
    assert found[0]["file"] == f"./{name}.dcm"

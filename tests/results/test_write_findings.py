# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest
from made_result import boxes_result, masks_result

from monai_ext.results import write_findings


def written(result, tmp_path):
    write_findings(result, tmp_path / "a.json")
    return json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))


def test_a_tube_of_known_size_is_told(tmp_path):
    content = written(masks_result(), tmp_path)
    assert [frame["frame"] for frame in content["frames"]] == [3, 4] and content["spacing"] is None
    first, second = content["frames"]
    assert first["area"] == {"vessels": 7 * 40} and second == {"frame": 4, "area": {}, "vessels": []}
    (vessel,) = first["vessels"]
    x, y, diameter = np.array(vessel["line"]).T
    assert vessel["class"] == "vessels" and vessel["mean_diameter"] == pytest.approx(7, abs=0.5)
    assert vessel["length"] == pytest.approx(40, abs=2) and np.allclose(y, 23.5, atol=0.2)  # the middle of rows 20..26
    assert x.min() >= 10 and x.max() <= 50 and vessel["min_diameter"] == diameter.min()


def test_lengths_are_millimetres_where_the_spacing_is_known(tmp_path):
    plain, scaled = (written(masks_result(spacing=spacing), tmp_path) for spacing in (None, (0.5, 0.5)))
    for key in ("length", "mean_diameter"):
        before, after = (content["frames"][0]["vessels"][0][key] for content in (plain, scaled))
        assert after == pytest.approx(before / 2, abs=0.05)
    assert scaled["spacing"] == [0.5, 0.5] and scaled["frames"][0]["area"] == {"vessels": 280}


def test_boxes_and_lesions_are_told_by_frame(tmp_path):
    content = written(boxes_result(), tmp_path)
    assert content["frames"][0] == {"frame": 3, "boxes": [{"box": [5, 6, 15, 26], "score": 0.75}]}
    assert [len(frame["boxes"]) for frame in content["frames"]] == [1, 2]
    first, second = content["lesions"]
    assert first == {
        "lesion": 1, "first_frame": 3, "last_frame": 4, "frames": [3, 4], "best_frame": 4, "best_score": 0.875, "box": [5, 7, 15, 27],
    }  # fmt: skip
    assert second["frames"] == [4]


def test_the_file_the_algorithm_and_the_units_are_told(tmp_path):
    content = written(masks_result(), tmp_path)
    assert content["file"] == "left/7.dcm" and content["algorithm"]["name"] == "by hand"
    assert (content["height"], content["width"]) == (48, 64) and "x along columns" in content["units"]["line"]


def test_each_frame_has_a_line(tmp_path):
    written(masks_result(), tmp_path)
    assert sum(line.startswith('    {"frame": ') for line in (tmp_path / "a.json").read_text().splitlines()) == 2

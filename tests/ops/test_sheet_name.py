# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from monai_ext.ops import sheet_name


@pytest.mark.parametrize(
    "name", ['=HYPERLINK("http:x").png', "+1.png", "-1.png", "@SUM(A1).png", "\t=1.png", "＝1.png"]
)
def test_a_formula_becomes_the_same_path_that_is_none(name):
    assert sheet_name(name) == f"./{name}" and Path(sheet_name(name)) == Path(name)


@pytest.mark.parametrize("name", ["left/7.dcm", "/data/=1.png", "1=2.png", ""])
def test_other_names_stay(name):
    assert sheet_name(name) == name


def test_paths_are_taken():
    assert sheet_name(Path("=1.png")) == "./=1.png"

# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.data.records import Box
from monai_ext.data.records.found_files import FoundFiles
from monai_ext.data.records.good_boxes import good_boxes

GOOD, FLAT, TURNED = (1, 2, 5, 9, "x"), (1, 2, 1, 9, "x"), (5, 2, 1, 9, "x")


@pytest.fixture
def files(draw):
    return FoundFiles(draw("1.png"))


def test_good_ones_stay_and_none_is_an_answer(files):
    assert good_boxes(files, files.images[0], iter([GOOD, GOOD])) == (Box(*GOOD),) * 2
    assert good_boxes(files, files.images[0], []) == () and not files._faults


def test_bad_ones_among_good_are_left_out_and_reported(files):
    assert good_boxes(files, files.images[0], [FLAT, GOOD, TURNED]) == (Box(*GOOD),)
    (fault,) = files._faults
    assert fault.path == files.images[0] and not fault.image
    assert fault.reason == "2 of 3 boxes are left out, the first: a box must have an area, got 1..1 x 2..9."


def test_bad_ones_alone_are_no_answer(files):
    with pytest.raises(ValueError, match=r"no box of 2 is good, the first: a box must have an area, got 5..1 x 2..9"):
        good_boxes(files, files.images[0], [TURNED, FLAT])

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.data.growing_array import GrowingArray


@pytest.mark.parametrize("count", [0, 1, 12345])
def test_rows_that_were_appended_are_an_npy_file(tmp_path, count):
    rows = np.arange(count * 6, dtype=np.int32).reshape(count, 2, 3)
    with GrowingArray(tmp_path / "a.npy", (2, 3), np.int32) as array:
        for row in rows:
            array.append(row)
    again = np.load(tmp_path / "a.npy")
    assert again.dtype == np.int32 and np.array_equal(again, rows)


def test_a_row_of_another_shape_is_refused(tmp_path):
    with (
        GrowingArray(tmp_path / "a.npy", (2, 3), np.uint8) as array,
        pytest.raises(ValueError, match=r"shape \(2, 3\), got \(3,\)"),
    ):
        array.append([1, 2, 3])

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.data.labelled.read_image import read_image


def test_an_image_of_enough_rows_and_columns_is_read(save):
    values = np.random.default_rng(0).integers(0, 255, (15, 32), np.uint8)
    path = save("thin.png", values)
    assert all(np.array_equal(read_image(path, size), values) for size in (1, 15))
    with pytest.raises(ValueError, match=r"both sides of '.*thin.png' must be at least 16 px, got 15x32; enlarge it"):
        read_image(path, 16)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        read_image(tmp_path / "gone.png")

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.data import LoadAngiogram, read_xa
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


def test_a_frame_of_a_cine_is_read_as_networks_see_it(cine):
    for frame, grey in enumerate(read_xa(cine).frames):
        image = read_image(cine, 64, frame=frame)
        assert image.dtype == np.uint8 and np.array_equal(image, np.rint(grey * 255))
    with pytest.raises(ValueError, match=r"both sides of '.*00000.dcm' must be at least 65 px, got 64x64"):
        read_image(cine, 65, frame=0)


def test_of_a_cine_the_frame_of_strongest_contrast_is_read_unless_one_is_named(cine):
    strongest = LoadAngiogram()(cine)[0].numpy()
    assert np.array_equal(read_image(cine), np.rint(strongest * 255))
    assert not np.array_equal(read_image(cine), read_image(cine, frame=0))


def test_a_frame_that_is_not_there_is_named(cine, save):
    with pytest.raises(ValueError, match=r"frames must be of 0..3, got 4"):
        read_image(cine, frame=4)
    with pytest.raises(ValueError, match=r"grey.png' is an image, of which frame must be 0 or None, got 1"):
        read_image(save("grey.png", 7), frame=1)

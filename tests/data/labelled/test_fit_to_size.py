# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from PIL import Image

from monai_ext.data.labelled.fit_to_size import fit_to_size

VALUES = np.random.default_rng(0).integers(1, 255, (21, 34), np.uint8)


def test_own_size_changes_nothing():
    values, scale = fit_to_size(VALUES, None)
    assert np.array_equal(values, VALUES) and scale == (1, 1)


@pytest.mark.parametrize(
    ("size", "content"), [(17, (10, 17)), (34, (21, 34)), (68, (42, 68)), (51, (32, 51)), (1, (1, 1))]
)
@pytest.mark.parametrize("values", [VALUES, VALUES.T], ids=["wide", "tall"])
def test_the_longer_side_fits_and_the_rest_is_filled(values, size, content):
    height, width = content if values is VALUES else content[::-1]
    fitted, scale = fit_to_size(values, size)
    assert fitted.shape == (size, size) and fitted.dtype == np.uint8
    expected = Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC)
    assert np.array_equal(fitted[:height, :width], np.asarray(expected))
    assert not fitted[height:].any() and not fitted[:, width:].any()
    assert scale == (width / values.shape[1], height / values.shape[0])


def test_two_sides_stretch_it():
    fitted, scale = fit_to_size(VALUES, [42, 17])
    assert fitted.shape == (42, 17) and scale == (0.5, 2)


def test_the_border_may_be_a_mirror_image_and_classes_stay_classes():
    classes = VALUES % 2 * np.uint8(25)
    fitted, _ = fit_to_size(classes, 68, resample=Image.Resampling.NEAREST, fill="symmetric")
    assert set(np.unique(fitted)) == {0, 25} and np.array_equal(fitted[42:], fitted[16:42][::-1])

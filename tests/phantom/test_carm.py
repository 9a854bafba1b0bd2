# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.phantom.carm import CArm


def carm(primary: float = 0.0, secondary: float = 0.0, **changes) -> CArm:
    return CArm(
        primary, secondary, **{"source_detector": 1000, "source_patient": 800, "field": 100, "size": 200, **changes}
    )


def test_patient_is_seen_from_the_front_with_left_on_the_right():
    place, scale, height = carm().project(np.array([[10.0, 0, 0], [0, 0, 10], [0, 0, 0]]))
    assert np.allclose(place, [[100, 120], [80, 100], [100, 100]])
    assert np.allclose(scale, 2) and np.allclose(height, 0)


def test_what_is_nearer_to_the_source_is_magnified():
    """source_detector / (source_patient + height); the heart's middle has 1000 / 800."""
    place, scale, height = carm().project(np.array([[10.0, 80, 0], [10.0, -80, 0]]))
    assert np.allclose(height, [-80, 80])
    assert np.allclose(scale, [2 * 800 / 720, 2 * 800 / 880])
    assert np.allclose(place[:, 1], 100 + 10 * scale)


def test_a_detector_on_the_left_sees_the_front_on_the_left_and_one_towards_the_head_sees_it_below():
    front = np.array([[0, -10.0, 0]])
    assert carm(60).project(front)[0][0, 1] < 100 and carm(0, 40).project(front)[0][0, 0] > 100


@pytest.mark.parametrize("angles", [(0, 0), (30, -20), (-45, 35)])
def test_axes_are_a_right_handed_frame(angles):
    right, up, towards = carm(*angles).axes
    assert np.allclose(np.stack([right, up, towards]) @ np.stack([right, up, towards]).T, np.eye(3))
    assert np.allclose(np.cross(right, up), towards)


def test_pixel_spacing_is_that_of_the_detector():
    assert carm().pixel_spacing == pytest.approx(100 / 200 * 1000 / 800)


def test_grid_names_the_millimetres_of_each_pixel():
    x, y = carm(centre=(0.25, 0.5)).grid()
    assert x.shape == (1, 200) and y.shape == (200, 1)
    assert x[0, 0] == pytest.approx(-49.75) and y[0, 0] == pytest.approx(24.75)

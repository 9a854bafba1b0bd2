# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.phantom.tubes import add_tube


def straight(row: float, radius: float, size: int = 40, joint: float = 0.0) -> np.ndarray:
    thickness = np.zeros((size, size))
    add_tube(thickness, np.array([[row, -20.0], [row, size + 20.0]]), np.full(2, radius), joint)
    return thickness


def test_path_length_is_the_chord_of_a_circle():
    distance = np.arange(40) + 0.5 - 20
    expected = 2 * np.sqrt(np.maximum(36 - distance**2, 0))
    assert np.allclose(straight(20, 6)[:, 20], expected, atol=0.03)


def test_a_thin_tube_keeps_its_cross_section():
    """Sum over a column is pi r^2, however thin."""
    for radius in (0.2, 0.4, 3.0):
        columns = [straight(20 + shift, radius)[:, 20].sum() for shift in np.linspace(0, 1, 11)[:-1]]
        assert np.mean(columns) == pytest.approx(np.pi * radius**2, rel=0.05)


def test_crossing_tubes_add_and_a_branch_does_not_double_where_it_starts():
    thickness = straight(20, 5)
    add_tube(thickness, np.array([[-20.0, 20.0], [60.0, 20.0]]), np.full(2, 5.0))
    assert thickness[20, 20] == pytest.approx(20, abs=0.3)
    branch = straight(20, 5)
    add_tube(branch, np.array([[20.0, 20.0], [60.0, 20.0]]), np.full(2, 3.0), joint=7)
    assert branch.max() == pytest.approx(10, abs=0.3)


def test_what_lies_outside_is_not_drawn():
    thickness = np.zeros((16, 24))
    add_tube(thickness, np.array([[-50.0, -50.0], [-30.0, -40.0]]), np.full(2, 3.0))
    assert not thickness.any()
    add_tube(thickness, np.array([[8.0, 23.0], [8.0, 60.0]]), np.full(2, 3.0))
    assert thickness[:, 23].any() and not thickness[:, :18].any()

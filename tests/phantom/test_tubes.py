# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.phantom.tubes import draw_tube


def straight(row: float, radius: float, size: int = 40, weight: float = 1.0):
    return draw_tube((size, size), np.array([[row, -20.0], [row, size + 20.0]]), np.full(2, radius), weight)


def total(*tubes, size: int = 40, joint: float = 0.0) -> np.ndarray:
    image = np.zeros((size, size))
    for number, tube in enumerate(tubes):
        tube.add_to(image, joint if number else 0.0)
    return image


def test_path_length_is_the_chord_of_a_circle():
    distance = np.arange(40) + 0.5 - 20
    expected = 2 * np.sqrt(np.maximum(36 - distance**2, 0))
    assert np.allclose(total(straight(20, 6))[:, 20], expected, atol=0.1)
    assert np.allclose(total(straight(20, 6, weight=0.5)), 0.5 * total(straight(20, 6)))


def test_mask_is_the_outlined_part():
    """0.94 of the radius, in pixels whose middle lies inside."""
    mask = np.zeros((40, 40), bool)
    tube = straight(20, 6)
    mask[tube.window] = tube.mask
    assert np.array_equal(np.flatnonzero(mask[:, 20]), np.arange(14, 26))


def test_a_thin_tube_keeps_its_cross_section():
    """Sum over a column is pi r^2, however thin."""
    for radius in (0.2, 0.4, 3.0):
        columns = [total(straight(20 + shift, radius))[:, 20].sum() for shift in np.linspace(0, 1, 11)[:-1]]
        assert np.mean(columns) == pytest.approx(np.pi * radius**2, rel=0.05)


def test_crossing_tubes_add_and_a_branch_does_not_double_where_it_starts():
    across = draw_tube((40, 40), np.array([[-20.0, 20.0], [60.0, 20.0]]), np.full(2, 5.0), 1.0)
    assert total(straight(20, 5), across)[20, 20] == pytest.approx(20, abs=0.3)
    branch = draw_tube((40, 40), np.array([[20.0, 20.0], [60.0, 20.0]]), np.full(2, 3.0), 1.0)
    assert total(straight(20, 5), branch, joint=7).max() == pytest.approx(10, abs=0.3)


def test_a_narrowing_is_as_narrow_as_asked():
    x = np.linspace(0, 80, 161)
    radius = 8 * (1 - 0.6 * np.cos(np.pi / 2 * np.clip((x - 40) / 20, -1, 1)) ** 2)
    tube = draw_tube((80, 80), np.stack([np.full(161, 40.0), x], 1), radius, 1.0)
    width = np.zeros((80, 80))
    width[tube.window] = tube.depth
    assert width[39:41, 40].max() == pytest.approx(2 * 3.2, rel=0.06)
    assert width[39:41, 5].max() == pytest.approx(16, rel=0.02)


def test_nothing_is_drawn_where_the_radius_is_zero():
    line = np.array([[20.0, 5.0], [20.0, 20.0], [20.0, 20.4], [20.0, 35.0]])
    image = total(draw_tube((40, 40), line, np.array([3.0, 3.0, 0.0, 0.0]), 1.0))
    assert image[20, 12] > 5 and not image[:, 24:].any()
    assert draw_tube((40, 40), line, np.zeros(4), 1.0) is None


def test_what_lies_outside_is_not_drawn():
    assert draw_tube((16, 24), np.array([[-50.0, -50.0], [-30.0, -40.0]]), np.full(2, 3.0), 1.0) is None
    image = np.zeros((16, 24))
    draw_tube((16, 24), np.array([[8.0, 23.0], [8.0, 60.0]]), np.full(2, 3.0), 1.0).add_to(image)
    assert image[:, 23].any() and not image[:, :18].any()

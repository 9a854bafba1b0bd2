# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.phantom.heart import Heart
from monai_ext.phantom.tree import coronary_tree
from monai_ext.phantom.view import View


def trees(side: str):
    return [coronary_tree(np.random.default_rng(i), Heart(), side) for i in range(5)]


@pytest.mark.parametrize("side", ["left", "right"])
def test_branches_start_on_the_tree_and_are_thinner_than_what_they_leave(side):
    for tree in trees(side):
        assert 10 < len(tree) < 200
        for i, branch in enumerate(tree[1:], 1):
            before = np.concatenate([other.points for other in tree[:i]])
            assert np.sqrt(((before - branch.points[0]) ** 2).sum(1)).min() < 1e-6
            assert branch.radius[0] < branch.parent_radius


@pytest.mark.parametrize("side", ["left", "right"])
def test_vessels_taper_and_are_smooth(side):
    for tree in trees(side):
        for branch in tree:
            assert (np.diff(branch.radius) <= 1e-12).all() and branch.radius.min() > 0.1 and branch.radius.max() < 3
            steps = np.sqrt((np.diff(branch.points, axis=0) ** 2).sum(1))
            assert steps.max() < 2


def test_patient_is_seen_from_the_front_with_left_on_the_right():
    view = View(lao=0, cranial=0, field=100, centre=(0.5, 0.5), size=200)
    left, head, back = np.eye(3) * [[10], [10], [10]]
    rows_columns = view.project(np.stack([left, back, head]))
    assert np.allclose(rows_columns, [[100, 120], [80, 100], [100, 100]])


def test_a_detector_on_the_left_sees_the_back_on_the_right():
    assert View(60, 0, 100, (0.5, 0.5), 100).project(np.array([[0, 10.0, 0]]))[0, 1] > 50
    assert View(0, 40, 100, (0.5, 0.5), 100).project(np.array([[0, 10.0, 0]]))[0, 0] < 50


def test_shadow_of_a_heart_is_the_chord_of_its_ellipsoid():
    """Seen along the long axis: sqrt(1 - (x / a)^2) of the longest, a = 1.3 radii, and nothing outside."""
    heart = Heart(length=90, radius=40)
    right, up, ray = heart.frame
    x = np.array([[0.0, 26.0, 60.0]])
    assert np.allclose(heart.thickness(right, up, ray, x, np.zeros((1, 1))), np.sqrt([1, 0.75, 0]))

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.phantom import SEGMENTS, PhantomSettings
from monai_ext.phantom.heart import Heart
from monai_ext.phantom.tree import coronary_tree

SYSTEMS = [("left", "right"), ("left", "left"), ("right", "right"), ("right", "left")]


def trees(side: str, dominance: str, **changes):
    settings = PhantomSettings(**changes)
    return [coronary_tree(np.random.default_rng(i), Heart(), side, dominance, settings) for i in range(5)]


def names(tree) -> set[str]:
    return {SEGMENTS[i - 1] for branch in tree for i in np.unique(branch.segment) if i}


@pytest.mark.parametrize(("side", "dominance"), SYSTEMS)
def test_branches_start_on_their_parent_and_are_thinner(side, dominance):
    for tree in trees(side, dominance, roughness=(0, 0)):
        assert 10 < len(tree) < 400 and tree[0].parent == -1
        for number, branch in enumerate(tree[1:], 1):
            parent = tree[branch.parent]
            assert branch.parent < number
            assert np.allclose(branch.points[0], parent.points[branch.origin], atol=1e-6)
            assert branch.radius[0] < 1.1 * parent.radius[branch.origin]


@pytest.mark.parametrize(("side", "dominance"), SYSTEMS)
def test_vessels_taper_and_are_smooth(side, dominance):
    for tree in trees(side, dominance, roughness=(0, 0)):
        for branch in tree:
            assert (np.diff(branch.radius) <= 1e-12).all() and branch.radius.min() > 0.05 and branch.radius.max() < 3.5
            assert np.sqrt((np.diff(branch.points, axis=0) ** 2).sum(1)).max() < 3


def test_a_child_takes_its_share_by_murray_s_law():
    """Between the two sides of a branching r_before^3 = r_after^3 + (ratio r_before)^3, up to the taper."""
    from monai_ext.phantom.tree import _Growth

    growth = _Growth(np.random.default_rng(0), Heart(), PhantomSettings())
    radii = growth._radii(1000, 2.0, [(0.5, 0.6), (1.0, 0.5)])
    assert radii[501] / radii[499] == pytest.approx((1 - 0.6**3) ** (1 / 3), rel=1e-3)


def test_systems_have_their_segments():
    """SYNTAX: the inferior wall's 4 and 16 come from the dominant right artery, 15 from a dominant left one."""
    found = {system: set().union(*map(names, trees(*system))) for system in SYSTEMS}
    assert {"5", "6", "7", "8", "9", "11", "12a", "13", "14"} <= found["left", "right"]
    assert "15" in found["left", "left"] and "15" not in found["left", "right"]
    assert {"1", "2", "3", "4", "16"} <= found["right", "right"]
    assert found["right", "left"] == {"1", "2"}


def test_segments_of_an_artery_follow_each_other():
    for tree in trees("right", "right"):
        assert (
            np.array_equal(np.unique(tree[0].segment), [1, 2, 3]) and (np.diff(tree[0].segment.astype(int)) >= 0).all()
        )


def test_more_side_branches_where_they_are_closer():
    few, many = (len(trees("left", "right", side_branch_spacing=(mm, mm))[0]) for mm in (16, 5))
    assert many > 1.5 * few


def test_shadow_of_a_heart_is_the_chord_of_its_ellipsoid():
    """Seen along the long axis: sqrt(1 - (x / a)^2) of the longest, a = 1.3 radii, and nothing outside."""
    heart = Heart(length=90, radius=40)
    right, up, ray = heart.frame
    x = np.array([[0.0, 26.0, 60.0]])
    assert np.allclose(heart.thickness(right, up, ray, x, np.zeros((1, 1))), np.sqrt([1, 0.75, 0]))

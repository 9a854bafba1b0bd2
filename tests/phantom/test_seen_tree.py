# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.phantom.carm import CArm
from monai_ext.phantom.seen_tree import SeenTree
from monai_ext.phantom.tree import Branch

VIEW = CArm(0.0, 0.0, 1000.0, 750.0, 100.0, 100)  # from the front, a pixel a millimetre; y to the back


def line(start, end, segment: int, count: int = 160) -> Branch:
    points = np.linspace(start, end, count)
    return Branch(points, np.full(count, 2.0), np.full(count, segment, np.uint8), -1, 0)


def seen(*tree: Branch, filling: float = 1.0) -> SeenTree:
    full = [np.full(len(b.points), filling) for b in tree]
    return SeenTree(tree, [b.points for b in tree], [b.radius for b in tree], full, VIEW)


def test_depth_is_the_diameter_and_overlap_adds():
    flat, upright = line([-30, 0, 0], [30, 0, 0], 1), line([0, 0, -30], [0, 0, 30], 2)
    assert seen(flat).depth.max() == pytest.approx(4, rel=0.05)
    assert seen(flat, upright).depth[49:51, 49:51].max() == pytest.approx(8, rel=0.05)
    assert seen(flat, filling=0.5).depth.max() == pytest.approx(2, rel=0.05)
    assert not seen(flat, filling=0.0).mask.any()


def test_rays_run_longer_through_a_slanted_vessel():
    """Path length 2 r / sin of the angle between vessel and ray."""
    slanted = line([-30, -30, 0], [30, 30, 0], 1)
    assert seen(slanted).depth[50, 40:60].mean() == pytest.approx(4 / np.sin(np.pi / 4), rel=0.08)


def test_where_segments_cross_the_one_nearer_to_the_detector_has_the_pixels():
    """Each is nearer at one of the two crossings, although both have the same height on the average."""
    front, back = -20, 20
    one = line([-30, front, 10], [30, back, 10], 1)
    left, right = (line([x, 0, -20], [x, 0, 30], 2) for x in (-20, 20))
    segments = seen(one, left, right).segments
    row = 50 - 10
    assert segments[row, 30 - 1 : 31].max() == 1 and segments[row, 70 - 1 : 71].max() == 2


def test_branches_do_not_change_each_other_s_slant():
    flat, away = line([-30, 0, 0], [30, 0, 0], 1), line([0, 0, 0], [0, 60, 1], 0)
    assert np.allclose(seen(away, flat).branches[1].slant, seen(flat).branches[0].slant)

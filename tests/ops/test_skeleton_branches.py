# SPDX-License-Identifier: Apache-2.0
import numpy as np

from monai_ext.ops.skeleton_branches import skeleton_branches


def branches(drawing: str, radius: float = 1.0, spacing=(1.0, 1.0)) -> list[list[tuple[int, int]]]:
    skeleton = np.array([[mark == "#" for mark in row] for row in drawing.split()])
    found = skeleton_branches(skeleton, np.where(skeleton, radius, 0.0), spacing)
    return sorted(([tuple(place) for place in branch.tolist()] for branch in found), key=len, reverse=True)


def test_a_line_is_one_branch_in_order():
    (line,) = branches("##... ..#.. ...#. ....#")
    assert line in ([(0, 0), (0, 1), (1, 2), (2, 3), (3, 4)], [(3, 4), (2, 3), (1, 2), (0, 1), (0, 0)])


def test_branches_meet_in_one_pixel():
    found = branches("......#.... ......#.... ......#.... ......#.... ########### ...........")
    assert sorted(map(len, found)) == [5, 5, 7]
    assert all((4, 6) in (branch[0], branch[-1]) for branch in found)


def test_a_corner_is_no_bifurcation():
    (line,) = branches("####. ...#. ...#.")
    assert len(line) == 6


def test_a_spur_goes_and_what_it_divided_is_one():
    drawing = "......#.... ......#.... ......#.... ########### ..........."
    assert len(branches(drawing)) == 3
    (line,) = branches(drawing, radius=3.0)
    assert sorted([line[0], line[-1]]) == [(3, 2), (3, 8)] and len(line) == 7  # the ends are shortened, too


def test_many_spurs_leave_one_line():
    teeth = "......" + "...#" * 12 + "......"
    drawing = " ".join([teeth, teeth, "#" * 60, "." * 60])
    assert len(branches(drawing)) == 25
    (line,) = branches(drawing, radius=2.5)
    assert sorted(line) == [(2, column) for column in range(2, 58)] and line in (sorted(line), sorted(line)[::-1])


def test_an_end_that_runs_into_a_corner_is_shortened():
    skeleton = np.zeros((30, 60), bool)
    skeleton[15, 5:45] = True
    skeleton[np.arange(14, 5, -1), np.arange(45, 54)] = True
    radius = np.where(skeleton, 10.0, 0.0)
    radius[np.arange(14, 5, -1), np.arange(45, 54)] = np.linspace(9.3, 1, 9)
    (line,) = skeleton_branches(skeleton, radius, (1.0, 1.0))
    assert line[:, 0].tolist() == [15] * len(line) and 30 < line[:, 1].max() < 45


def test_a_spur_is_measured_in_the_unit_of_the_spacing():
    drawing = "......#.... ......#.... ......#.... ########### ..........."
    assert len(branches(drawing, radius=1.5, spacing=(0.5, 1.0))) == 1
    assert len(branches(drawing, radius=1.5, spacing=(1.5, 1.0))) == 3


def test_a_ring_ends_where_it_begins():
    (ring,) = branches(".###. #...# #...# .###.")
    assert ring[0] == ring[-1] and len(set(ring)) == 10 == len(ring) - 1


def test_a_ring_on_a_stem_is_two_branches():
    found = branches(".###...... #...#..... #...###### #...#..... .###......")
    assert [branch[0] == branch[-1] for branch in found] == [True, False]


def test_a_single_pixel_and_nothing_make_none():
    assert branches("... .#. ...") == [] and branches("... ...") == []

# SPDX-License-Identifier: Apache-2.0
import numpy as np

from monai_ext.phantom import PhantomSettings
from monai_ext.phantom.labels import judged_segments, stenoses_of
from monai_ext.phantom.lesions import Lesion, open_radii
from monai_ext.phantom.patient import Patient
from monai_ext.phantom.seen_tree import SeenTree

PATIENT = Patient(0, 1, PhantomSettings(size=128, lesions=(0, 0), left_share=1.0, left_dominance_share=0.0))


def seen(lesions=(), filling: float = 1.0) -> SeenTree:
    points = [branch.points for branch in PATIENT.tree]
    full = [np.full(len(p), filling) for p in points]
    return SeenTree(PATIENT.tree, points, open_radii(PATIENT.tree, lesions), full, PATIENT.carm)


def long_branch() -> int:
    return int(np.argmax([len(branch.points) * (branch.segment > 0).all() for branch in PATIENT.tree]))


def test_a_view_is_taken_for_one_of_the_large_branches():
    view = seen()
    cranial, caudal = (judged_segments(view, view.segments, "left", angle) for angle in (20.0, -20.0))
    assert {"5", "6", "7"} <= set(cranial) and not {"11", "13"} & set(cranial)
    assert {"5", "6", "11", "13"} <= set(caudal) and not {"7", "8"} & set(caudal)
    assert judged_segments(view, np.zeros_like(view.segments), "left", 20.0) == ()


def test_nothing_behind_an_occlusion_is_a_stenosis():
    field = np.ones((128, 128), bool)
    number = long_branch()
    first, second = Lesion(number, 30, 37, 44, 1.0, 1.0), Lesion(number, 80, 87, 94, 0.6, 1.0)
    alone = stenoses_of([second], seen([second]), field)
    both = stenoses_of([first, second], seen([first, second]), field)
    assert [s.reduction for s in alone] == [60.0] and [s.reduction for s in both] == [100.0]


def test_no_stenosis_is_told_outside_the_field_or_before_the_contrast():
    lesion = Lesion(long_branch(), 30, 37, 44, 0.6, 1.0)
    assert stenoses_of([lesion], seen([lesion]), np.zeros((128, 128), bool)) == ()
    assert stenoses_of([lesion], seen([lesion], filling=0.1), np.ones((128, 128), bool)) == ()

# SPDX-License-Identifier: Apache-2.0
import numpy as np

from monai_ext.phantom import PhantomSettings
from monai_ext.phantom.filling import Filling
from monai_ext.phantom.tree import Branch

STRAIGHT = [
    Branch(np.stack([np.arange(101.0), np.zeros(101), np.zeros(101)], 1), np.ones(101), np.ones(101, np.uint8), parent, at)
    for parent, at in ((-1, 0), (0, 50))
]  # fmt: skip


def filling(**changes) -> Filling:
    settings = PhantomSettings(flow_speed=(100, 100), injection=(2, 2), **changes)
    return Filling(np.random.default_rng(0), STRAIGHT, settings)


def test_contrast_arrives_after_its_way_along_parents():
    main, branch = filling().arrival
    assert np.allclose(main[[0, 50, 100]], [0, 0.5, 1.0]) and np.allclose(branch[[0, 100]], [0.5, 1.5])


def test_contrast_flows_in_and_washes_out():
    flow = filling()
    assert flow.at(0.0)[0].max() == 0
    early = flow.at(0.5)[0]
    assert early[0] > 0.99 and early[60] == 0 and (np.diff(early) <= 0).all()
    assert np.allclose(flow.at(1.9)[1], 1)
    late = flow.at(3.0)[0]
    assert late[0] < 0.5 and late[100] > late[0]
    assert flow.at(6.0)[1].max() == 0


def test_single_frames_are_full_unless_early():
    full = [filling(early_share=0.0) for _ in range(3)]
    assert all(min(x.min() for x in flow.at(flow.best_time)) > 0.5 for flow in full)
    early = filling(early_share=1.0)
    assert early.at(early.best_time)[1][-1] < 1

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from monai_ext.phantom import PhantomSettings
from monai_ext.phantom.carm import CArm
from monai_ext.phantom.instruments import draw_instruments

SHARES = ("guide_wire_share", "lead_share", "sternal_wire_share", "clip_share")
ARTERY = np.stack([np.linspace(-10, 40, 120), np.full(120, -20.0), np.linspace(20, -30, 120)], 1)
VIEW = CArm(10.0, 5.0, 1000, 750, 130, 96)


def instruments(seed: int = 0, move=lambda points: points, **shares):
    settings = PhantomSettings(**({name: 0.0 for name in SHARES} | shares))
    return draw_instruments(np.random.default_rng(seed), VIEW, ARTERY, move, settings)


def test_a_catheter_ends_in_the_ostium_and_leaves_the_picture_above():
    for seed in range(5):
        attenuation, where = instruments(seed)
        assert (attenuation[where] > 0).all() and not attenuation[~binary_dilation(where)].any()
        row, column = VIEW.project(ARTERY[:1])[0][0].astype(int)
        assert where[row - 6 : row + 7, column - 6 : column + 7].any() and where[0].any()


@pytest.mark.parametrize("name", SHARES)
def test_each_instrument_adds_attenuation(name):
    added = [instruments(seed, **{name: 1.0})[0].sum() > instruments(seed)[0].sum() for seed in range(6)]
    assert np.mean(added) > 0.6  # some lie outside the picture


def test_a_guide_wire_belongs_to_the_catheter_s_mask_and_leads_do_not():
    plain, wired, led = (
        instruments(3, **shares)[1].sum() for shares in ({}, {"guide_wire_share": 1.0}, {"lead_share": 1.0})
    )
    assert wired > plain and led == plain


def test_the_catheter_moves_with_the_ostium():
    _, still = instruments()
    _, moved = instruments(move=lambda points: points + np.array([8.0, 0, 0]))
    columns = [np.average(np.nonzero(where)[1]) for where in (still, moved)]
    assert columns[1] - columns[0] > 3


def test_no_instrument_lies_so_near_to_the_source_that_it_fills_the_picture():
    for seed in range(40):
        attenuation, _ = instruments(seed, lead_share=1.0)
        assert np.isfinite(attenuation).all() and (attenuation > 0.01).mean() < 0.6

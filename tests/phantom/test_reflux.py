# SPDX-License-Identifier: Apache-2.0
import numpy as np

from monai_ext.phantom import PhantomSettings, draw_angiogram, draw_cine
from monai_ext.phantom.carm import CArm
from monai_ext.phantom.reflux import draw_reflux

VIEW = CArm(0.0, 0.0, 1000, 750, 130, 64)


def test_clouds_lie_around_the_ostium_in_their_share_of_angiograms():
    rng, settings = np.random.default_rng(0), PhantomSettings(reflux_share=0.5)
    clouds = [draw_reflux(rng, VIEW, np.array([20.0, 0, 20.0]), settings) for _ in range(60)]
    seen = [cloud for cloud in clouds if cloud.any()]
    assert 18 < len(seen) < 42
    row, column = (np.average(np.arange(64), weights=sum(seen).sum(axis)) for axis in (1, 0))
    assert abs(row - 22) < 4 and abs(column - 42) < 4


def test_it_comes_with_the_contrast_and_is_no_vessel():
    shared = {"size": 64, "early_share": 0.0}
    clouded, clear = (PhantomSettings(reflux_share=share, **shared) for share in (1.0, 0.0))
    assert np.array_equal(
        draw_angiogram(0, 1, clouded, contrast=False).image, draw_angiogram(0, 1, clear, contrast=False).image
    )
    assert not np.array_equal(draw_angiogram(0, 1, clouded).image, draw_angiogram(0, 1, clear).image)
    assert np.array_equal(next(draw_cine(0, 1, clouded)).image, next(draw_cine(0, 1, clear)).image)

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.phantom import PhantomSettings
from monai_ext.phantom.heart import Heart
from monai_ext.phantom.motion import Motion


def motion(**changes) -> Motion:
    settings = PhantomSettings(**{"heart_rate": (60, 60), "contraction": (0.1, 0.1), "breathing": (0, 0), **changes})
    return Motion(np.random.default_rng(0), Heart(), settings)


def surface() -> np.ndarray:
    where = np.stack(np.meshgrid(np.linspace(-3, 3, 13), np.linspace(0, 1, 6), [1.0]), -1).reshape(-1, 3)
    return Heart().place(where)


def test_nothing_moves_without_beat_and_breath():
    still = motion(contraction=(0, 0))
    still.twist = 0.0
    assert np.allclose(still.move(surface(), 0.3), surface())


def test_heart_is_smallest_once_a_beat():
    beating = motion()
    times = np.linspace(0, 1, 101)
    systole = np.array([beating.systole(t) for t in times])
    assert systole.max() > 0.99 and (systole == 0).mean() == pytest.approx(0.6, abs=0.05)
    assert beating.systole(0.3) == pytest.approx(beating.systole(1.3))
    peak = times[systole.argmax()]
    spread = [np.sqrt((beating.move(surface(), t) ** 2).sum(1)).mean() for t in (peak, times[systole.argmin()])]
    assert 0.85 < spread[0] / spread[1] < 0.97


def test_the_breath_moves_everything_up_and_down():
    breathing = motion(contraction=(0, 0), breathing=(8, 8))
    breathing.twist = 0.0
    shifts = np.array([breathing.move(surface(), t) - surface() for t in np.linspace(0, 6, 61)])
    assert np.allclose(shifts, shifts[:, :1]) and np.ptp(shifts[:, 0, 2]) == pytest.approx(8, abs=0.5)


def test_neighbours_stay_neighbours():
    """The map is smooth: a gap of a millimetre changes by less than 40 %."""
    beating = motion()
    points = surface()
    for step in np.eye(3):
        gap = np.sqrt(((beating.move(points + step, 0.2) - beating.move(points, 0.2)) ** 2).sum(1))
        assert gap.min() > 0.6 and gap.max() < 1.4

# SPDX-License-Identifier: Apache-2.0
import numpy as np

from monai_ext.phantom import PhantomSettings
from monai_ext.phantom.background import draw_background
from monai_ext.phantom.carm import CArm
from monai_ext.phantom.heart import Heart

NOTHING = {
    name: (0, 0) for name in ("heart_shadow", "lung", "spine", "ribs", "diaphragm", "lung_mottle", "lung_vessels", "tissue")
}  # fmt: skip


def background(primary: float = 0.0, size: int = 64, lift: float = 0.0, **changes) -> np.ndarray:
    carm = CArm(primary, 0.0, 1000, 750, 130, size)
    settings = PhantomSettings(**(NOTHING | changes))
    return draw_background(np.random.default_rng(4), carm, Heart(), settings, lift=lift)


def test_same_random_numbers_give_the_same_person_in_any_size(global_rng_untouched):
    for size in (32, 65, 128):
        assert background(size=size, spine=(0.2, 0.2)).shape == (size, size)
    assert np.array_equal(background(ribs=(0.1, 0.1)), background(ribs=(0.1, 0.1)))


def test_each_part_adds_attenuation_of_its_own():
    empty = background()
    for name, sign in (("heart_shadow", 1), ("spine", 1), ("ribs", 1), ("diaphragm", 1), ("lung", -1)):
        added = background(**{name: (0.4, 0.4)}) - empty
        assert (sign * added).max() > 0.05 and (sign * added).min() > -0.2, name


def test_the_spine_moves_against_the_heart_when_the_c_arm_turns():
    """It lies behind the heart: seen from the patient's left (LAO), it is to the right."""

    def column(primary):
        spine = background(primary, spine=(0.3, 0.3)) - background(primary)
        return (spine.mean(0) * np.arange(64)).sum() / spine.mean(0).sum()

    assert column(-30) < column(0) < column(30)


def test_the_breath_moves_the_diaphragm_and_leaves_the_bones():
    still, lifted = (background(lift=mm, spine=(0.3, 0.3)) - background(lift=mm) for mm in (0.0, 8.0))
    assert np.allclose(still, lifted)
    still, lifted = (background(lift=mm, diaphragm=(0.4, 0.4)) - background(lift=mm) for mm in (0.0, 8.0))
    assert not np.allclose(still, lifted)

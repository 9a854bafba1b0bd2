# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.phantom import PhantomSettings
from monai_ext.phantom.heart import Heart
from monai_ext.phantom.lesions import Lesion, distance_along, draw_lesions, open_radii
from monai_ext.phantom.tree import Branch, coronary_tree


def tree(seed: int = 0, side: str = "left"):
    return coronary_tree(np.random.default_rng(seed), Heart(), side, "right", PhantomSettings(roughness=(0, 0)))


def chain() -> list[Branch]:
    """A vessel of radius 2 with a branch at its 60th point and one on that."""
    points = np.stack([0.4 * np.arange(100.0), np.zeros(100), np.zeros(100)], 1)
    segment = np.ones(100, np.uint8)
    return [
        Branch(points, np.full(100, 2.0), segment, parent, origin) for parent, origin in ((-1, 0), (0, 60), (1, 10))
    ]


def test_a_lesion_narrows_by_what_it_says_and_leaves_its_ends():
    for shape in (0.5, 1.0, 1.5):
        radii = open_radii(chain(), [Lesion(0, 20, 30, 40, 0.7, shape)])
        assert radii[0].min() == pytest.approx(0.6) and radii[0].argmin() == 30
        assert np.allclose(radii[0][:21], 2) and np.allclose(radii[0][40:], 2) and np.allclose(radii[1], 2)


def test_nothing_is_open_beyond_an_occlusion():
    radii = open_radii(chain(), [Lesion(0, 20, 30, 40, 1.0, 1.0)])
    assert (radii[0][:30] > 0).all() and not any(x.any() for x in (radii[0][30:], radii[1], radii[2]))
    spared = open_radii(chain(), [Lesion(0, 70, 80, 90, 1.0, 1.0)])
    assert (spared[1] > 0).all() and (spared[2] > 0).all()


@pytest.mark.parametrize("side", ["left", "right"])
def test_lesions_lie_in_named_wide_vessels_apart_from_each_other(side):
    settings = PhantomSettings(lesions=(4, 4), occlusion_share=0.0)
    count = 0
    for seed in range(10):
        branches = tree(seed, side)
        lesions = draw_lesions(np.random.default_rng(seed), branches, settings)
        count += len(lesions)
        for lesion in lesions:
            branch = branches[lesion.branch]
            assert branch.segment[lesion.centre] and branch.radius[lesion.first : lesion.last].min() > 0.7
            length = np.diff(distance_along(branch.points)[[lesion.first, lesion.last]])[0]
            assert 3 < length < 21 and 0.25 <= lesion.reduction <= 0.95
            others = [o for o in lesions if o is not lesion and o.branch == lesion.branch]
            assert all(o.first > lesion.last or o.last < lesion.first for o in others)
    assert count > 30


def test_shares_of_occlusions_are_kept():
    settings = PhantomSettings(lesions=(3, 3), occlusion_share=1.0)
    assert all(lesion.reduction == 1 for lesion in draw_lesions(np.random.default_rng(0), tree(), settings))
    assert draw_lesions(np.random.default_rng(0), tree(), PhantomSettings(lesions=(0, 0))) == []

# SPDX-License-Identifier: Apache-2.0
"""All labels of a phantom tell the same story, and the picture does too; over 200 seeds where marked slow."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import binary_dilation, maximum_filter

from monai_ext.phantom import SEGMENTS, PhantomSettings, draw_angiogram
from monai_ext.phantom.patient import Patient
from monai_ext.phantom.seen_tree import SeenTree

SETTINGS = PhantomSettings(size=256, lesions=(1, 4))
SEEDS = [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 200))]


@pytest.fixture(params=SEEDS, scope="module")
def seed(request) -> int:
    return request.param


@pytest.fixture(scope="module")
def angiogram(seed):
    return draw_angiogram(seed, 0, SETTINGS)


def test_union_of_segments_is_the_vessel_mask(angiogram):
    """And the vessel mask is, within a pixel, what the named centrelines and their radii draw, where contrast is seen."""
    assert np.array_equal(angiogram.vessels, angiogram.segments > 0)
    drawn = np.zeros(angiogram.image.shape, bool)
    pixel = np.arange(SETTINGS.size) + 0.5
    for line in angiogram.centrelines:
        if line.segment:
            at = np.linspace(0, len(line.points) - 1, 6 * len(line.points))
            x, y, radius = (np.interp(at, range(len(line.points)), v) for v in (*line.points.T, line.radius))
            for px, py, r in zip(x, y, np.where(radius > 0, np.maximum(radius, 0.75), -1), strict=True):
                low, high = (
                    (np.searchsorted(pixel, c - r) for c in (py, px)),
                    (np.searchsorted(pixel, c + r) for c in (py, px)),
                )
                window = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
                away = (pixel[window[0], None] - py) ** 2 + (pixel[None, window[1]] - px) ** 2
                drawn[window] |= away <= r * r if r > 0 else False
    assert not (angiogram.vessels & ~binary_dilation(drawn, iterations=1)).any()


def test_every_pixel_of_a_mask_is_darker_than_without_contrast(seed, angiogram):
    bare = draw_angiogram(seed, 0, SETTINGS, contrast=False)
    assert (angiogram.image[angiogram.tree | angiogram.vessels] < bare.image[angiogram.tree | angiogram.vessels]).all()


def test_a_stenosis_lies_on_its_vessel(angiogram):
    for stenosis in angiogram.stenoses:
        x0, y0, x1, y1 = stenosis.box
        lines = [line for line in angiogram.centrelines if line.segment == stenosis.segment]
        nearest = min(np.sqrt(((line.points - stenosis.centre) ** 2).sum(1)).min() for line in lines)
        assert nearest < 1 and x0 <= stenosis.centre[0] <= x1 and y0 <= stenosis.centre[1] <= y1
        assert np.allclose(stenosis.box, [*stenosis.polygon.min(0), *stenosis.polygon.max(0)])
        inside = Image.new("1", angiogram.image.shape)
        ImageDraw.Draw(inside).polygon([tuple(p) for p in stenosis.polygon], fill=1, outline=1)
        inside = np.array(inside, dtype=np.uint8) > 0
        if stenosis.reduction < 100:
            assert (angiogram.tree & inside).any() or stenosis.reduction > 80


def test_measured_reduction_of_the_diameter_is_the_asked_one(seed):
    """On the path length of the rays through the vessel alone, corrected for its slant, at 1024 pixels; within 10 points."""
    patient = Patient(seed, 0, PhantomSettings(size=1024, lesions=(1, 4)))
    time = patient.filling.best_time
    for lesion in patient.lesions:
        alone = [r if k == lesion.branch else np.zeros_like(r) for k, r in enumerate(patient.radii)]
        full = [np.ones_like(r) for r in alone]
        seen = SeenTree(patient.tree, patient._moved(time), alone, full, patient.carm)
        branch = seen.branches[lesion.branch]
        place = np.floor(branch.place[lesion.first : lesion.last + 1]).astype(int)
        if (
            place.min() < 4 or place.max() > 1019 or alone[lesion.branch][lesion.first] == 0
        ):  # outside, or behind an occlusion
            continue
        depth = maximum_filter(seen.depth, 3)[place[:, 0], place[:, 1]] * branch.slant[lesion.first : lesion.last + 1]
        healthy = (depth[0] + depth[-1]) / 2
        if crosses_itself(branch.place, lesion) or branch.slant[lesion.first : lesion.last + 1].min() < 0.5:
            continue
        assert 1 - depth.min() / healthy == pytest.approx(lesion.reduction, abs=0.10)


def crosses_itself(place: np.ndarray, lesion) -> bool:
    """Whether the vessel lies over its own lesion elsewhere, or is short in the picture: nobody could measure it."""
    inside = place[lesion.first : lesion.last + 1]
    others = np.concatenate([place[: max(0, lesion.first - 12)], place[lesion.last + 12 :]])
    length = np.sqrt((np.diff(inside, axis=0) ** 2).sum(1)).sum()
    near = others.size and np.sqrt(((others[:, None] - inside[None]) ** 2).sum(-1)).min() < 25
    return bool(near) or length < 40


def test_judged_segments_are_in_sight(angiogram):
    """In sight, in the order of their ids, and never both large branches of the left artery."""
    seen = [SEGMENTS[number - 1] for number in np.unique(angiogram.segments) if number]
    assert list(angiogram.judged) == [name for name in seen if name in angiogram.judged]
    assert not ({"7", "8"} & set(angiogram.judged) and {"11", "13"} & set(angiogram.judged))

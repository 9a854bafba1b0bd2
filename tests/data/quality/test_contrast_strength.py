# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from PIL import Image

from monai_ext.data.quality import NO_CONTRAST, contrast_strength
from monai_ext.phantom import PhantomSettings, draw_angiogram

SETTINGS = PhantomSettings(size=160)


@pytest.fixture(scope="module")
def pairs():
    """Six patients without and with contrast: (6, 2, 160, 160)."""
    pairs = [[draw_angiogram(0, i, SETTINGS, contrast=contrast).image for contrast in (False, True)] for i in range(6)]
    return np.array(pairs)


def test_one_number_a_frame():
    frames = np.random.default_rng(0).integers(0, 256, (3, 90, 131), dtype=np.uint8)
    strength = contrast_strength(frames)
    assert strength.shape == (3,) and strength.dtype == np.float64 and (strength >= 0).all()
    assert contrast_strength(frames[:0]).shape == (0,)


def test_contrast_makes_every_patient_stronger(pairs):
    empty, filled = (contrast_strength(pairs[:, i]) for i in (0, 1))
    assert (filled > 1.3 * empty).all() and (filled >= NO_CONTRAST).all()


def test_known_value_of_a_dark_bar():
    """Blur makes 4x60 px 6x62, all beyond the cap of twice the threshold: sqrt(2 * 372 * sqrt(372)) / 160 = 0.75."""
    frame = np.full((160, 160), 200, np.uint8)
    frame[86:90, 50:110] = 100
    assert contrast_strength(frame[None])[0] == pytest.approx(0.75, rel=0.02)


@pytest.mark.parametrize("level", [0, 7, 255])
def test_constant_frames_have_none(level):
    assert contrast_strength(np.full((1, 64, 64), level, np.uint8))[0] == 0


def test_a_collimator_edge_is_no_vessel():
    frame = np.full((160, 160), 150, np.uint8)
    frame[:, :20] = frame[:12] = 3
    assert contrast_strength(frame[None])[0] == 0


def test_brightness_size_and_sides_matter_little(pairs):
    frames = pairs[:, 1]
    strength = contrast_strength(frames)
    large = np.stack([np.asarray(Image.fromarray(frame).resize((512, 512))) for frame in frames])
    for other in (frames // 2, frames[:, :, ::-1], large):
        assert contrast_strength(other) == pytest.approx(strength, rel=0.25)


def test_a_frame_does_not_depend_on_its_neighbours(pairs):
    frames = pairs[:, 1]
    assert np.array_equal(contrast_strength(frames)[3:4], contrast_strength(frames[3:4]))


@pytest.mark.parametrize("shape", [(1, 1), (1, 512), (5, 3), (17, 700)])
def test_odd_sizes_have_a_strength(shape):
    assert np.isfinite(contrast_strength(np.random.default_rng(0).integers(0, 256, (1, *shape), dtype=np.uint8))).all()


def test_other_values_and_shapes_are_refused():
    with pytest.raises(TypeError, match=r"frames must be uint8, got float32"):
        contrast_strength(np.zeros((1, 8, 8), np.float32))
    with pytest.raises(ValueError, match=r"frames must be \(n, rows, columns\), got \(8, 8\)"):
        contrast_strength(np.zeros((8, 8), np.uint8))


def test_real_angiograms_have_contrast(xa):
    files = sorted((xa / "arcade/syntax/train/images").iterdir())[::8]
    frames = np.stack([np.asarray(Image.open(file).convert("L")) for file in files])
    assert len(frames) >= 40 and (contrast_strength(frames) >= NO_CONTRAST).all()

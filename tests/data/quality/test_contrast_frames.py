# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.data.quality import NO_CONTRAST, contrast_frames, contrast_strength
from monai_ext.phantom import PhantomSettings, draw_angiogram, draw_cine

SETTINGS = PhantomSettings(size=128, frames=28, frame_time=250)


@pytest.fixture(scope="module")
def cine():
    """Frames (28, 128, 128) and the share of the tree that is filled in each (28,)."""
    drawn = list(draw_cine(2, 3, SETTINGS))
    area = np.array([frame.tree.sum() for frame in drawn])
    return np.stack([frame.image for frame in drawn]), area / area.max()


def test_frames_are_found_where_the_tree_is_filled(cine):
    frames, filled = cine
    found = contrast_frames(frames, frame_time=250)
    assert found.shape == (28,) and found.dtype == bool
    assert found[filled > 0.9].all() and not found[filled < 0.05].any() and (filled < 0.05).sum() >= 5


def test_a_cine_that_starts_filled_and_washes_out(cine):
    frames, filled = cine
    start = int(np.argmax(filled > 0.95))
    found = contrast_frames(frames[start:], frame_time=250)
    assert found[0] and not found[-1] and (np.diff(found.astype(int)) != 0).sum() == 1


def test_a_cine_filled_all_the_time_is_kept(cine):
    frames, filled = cine
    assert (filled > 0.95).sum() >= 8 and contrast_frames(frames[filled > 0.95], frame_time=250).all()


def test_a_cine_without_contrast_has_none(cine):
    frames, filled = cine
    empty = frames[filled < 0.02]
    assert len(empty) >= 4
    assert not contrast_frames(np.concatenate([empty, empty[::-1]]), frame_time=250).any()


def test_few_frames_follow_the_rule_of_single_frames():
    frames = np.stack([draw_angiogram(0, i, PhantomSettings(size=128), contrast=i % 2 == 0).image for i in range(4)])
    assert np.array_equal(contrast_frames(frames), contrast_strength(frames) >= NO_CONTRAST)
    assert contrast_frames(frames[:0]).shape == (0,)


def test_one_odd_frame_does_not_interrupt(cine):
    frames, filled = cine
    disturbed = frames.copy()
    middle = int(np.flatnonzero(filled > 0.95).mean())
    disturbed[middle] = 128
    assert contrast_frames(disturbed, frame_time=250)[middle]


def test_brightness_and_sides_do_not_matter(cine):
    frames, _ = cine
    found = contrast_frames(frames, frame_time=250)
    for other in (frames // 2, frames[:, :, ::-1]):
        assert (contrast_frames(other, frame_time=250) != found).sum() <= 1


@pytest.mark.parametrize("frame_time", [0, -33.0, float("nan"), float("inf")])
def test_frame_time_must_be_positive(frame_time):
    with pytest.raises(ValueError, match=r"frame_time must be a positive number of milliseconds, got"):
        contrast_frames(np.zeros((9, 16, 16), np.uint8), frame_time=frame_time)


def test_the_real_cine_fills_from_frame_18(xa):
    """By eye the first contrast is seen in frames 17 and 18, and it stays to the end."""
    frames = pytest.importorskip("pydicom").dcmread(xa / "dicom/coronary_rca_96f.dcm").pixel_array
    found = contrast_frames(frames, frame_time=33)
    assert not found[:17].any() and found[22:].all()

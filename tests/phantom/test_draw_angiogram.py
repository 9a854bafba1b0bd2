# SPDX-License-Identifier: Apache-2.0
import hashlib
import subprocess
import sys

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from monai_ext.phantom import PHANTOM_VERSION, SEGMENTS, PhantomSettings, draw_angiogram, draw_cine

SHA256 = "a047ae99a29f24601b07e1cc7a6ac9a0b27df2c5035ab1d7f2bfcc26f239e015"
SMALL = PhantomSettings(size=256)


@pytest.fixture(scope="module")
def angiograms():
    return [draw_angiogram(0, index, SMALL) for index in range(16)]


@pytest.mark.parametrize("size", [32, 65, 128])
def test_image_and_masks_have_the_size_that_was_asked(size):
    angiogram = draw_angiogram(1, 2, PhantomSettings(size=size))
    assert angiogram.image.dtype == np.uint8 and angiogram.segments.dtype == np.uint8
    assert angiogram.tree.dtype == angiogram.vessels.dtype == angiogram.catheter.dtype == bool
    for part in (angiogram.image, angiogram.tree, angiogram.vessels, angiogram.segments, angiogram.catheter):
        assert part.shape == (size, size)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_grey_values_use_the_bits_that_were_asked(bits):
    image = draw_angiogram(1, 2, PhantomSettings(size=64, bits=bits)).image
    assert image.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert 2 ** (bits - 1) < image.max() < 2**bits
    assert np.allclose(image / 2**bits, draw_angiogram(1, 2, PhantomSettings(size=64)).image / 256, atol=0.01)


def test_same_seed_and_index_give_the_same_bytes_in_any_order(global_rng_untouched):
    settings = PhantomSettings(size=64)
    first = draw_angiogram(3, 5, settings)
    draw_angiogram(3, 6, settings)
    again = draw_angiogram(3, 5, settings)
    assert np.array_equal(first.image, again.image) and np.array_equal(first.segments, again.segments)


@pytest.mark.slow
def test_another_process_draws_the_same_bytes():
    code = (
        "from monai_ext.phantom import PhantomSettings as S, draw_angiogram as d; import sys; "
        "sys.stdout.buffer.write(d(3, 5, S(size=64)).image.tobytes())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert other == draw_angiogram(3, 5, PhantomSettings(size=64)).image.tobytes()


def test_pictures_change_only_with_their_version():
    """Raise PHANTOM_VERSION with this digest: caches of phantoms are known by it."""
    digest = hashlib.sha256()
    for index in range(4):
        angiogram = draw_angiogram(0, index, PhantomSettings(size=64))
        for part in (angiogram.image, angiogram.tree, angiogram.segments):
            digest.update(part.tobytes())
    assert (PHANTOM_VERSION, digest.hexdigest()) == (3, SHA256)


def test_other_seed_or_index_gives_another_picture():
    settings = PhantomSettings(size=32)
    pictures = {draw_angiogram(seed, index, settings).image.tobytes() for seed in range(3) for index in range(3)}
    assert len(pictures) == 9


def test_share_of_judged_vessels_is_like_that_of_real_ones(angiograms):
    """ARCADE's experts outline 3.0 % of the pixels, 1.7 to 4.6 % in four of five images (400 of syntax/train)."""
    shares = [np.isin(a.segments, [SEGMENTS.index(name) + 1 for name in a.judged]).mean() for a in angiograms]
    assert 0.02 < np.mean(shares) < 0.045 and max(shares) < 0.10


def test_both_arteries_and_their_segments_appear(angiograms):
    assert {a.side for a in angiograms} == {"left", "right"}
    for angiogram in angiograms:
        names = {SEGMENTS[i - 1] for i in np.unique(angiogram.segments) if i}
        left = {"5", "6", "7", "8", "9", "9a", "10", "10a", "11", "12", "12a", "12b", "13", "14", "14a", "14b", "15"}
        assert names and (names <= left if angiogram.side == "left" else not names & left)


def test_every_pixel_of_a_mask_is_darker_than_without_contrast(angiograms):
    for index, angiogram in enumerate(angiograms):
        bare = draw_angiogram(0, index, SMALL, contrast=False)
        assert angiogram.tree.any() and np.array_equal(bare.segments, angiogram.segments)
        assert (angiogram.image[angiogram.tree] < bare.image[angiogram.tree]).all()
        far = ~binary_dilation(angiogram.tree, iterations=40)
        assert np.abs(angiogram.image[far].astype(int) - bare.image[far]).max(initial=0) <= 3


def test_segments_lie_inside_the_tree(angiograms):
    for angiogram in angiograms:
        assert not (angiogram.vessels & ~angiogram.tree).any()


def test_the_picture_without_lesions_has_the_same_tree_elsewhere():
    """Each part has random numbers of its own: another range of disease leaves anatomy, view and noise as they are."""
    healthy = draw_angiogram(0, 1, PhantomSettings(size=128, lesions=(0, 0)))
    ill = draw_angiogram(0, 1, PhantomSettings(size=128, lesions=(4, 4), occlusion_share=0.0))
    assert ill.stenoses and not healthy.stenoses and (healthy.tree & ~ill.tree).sum() < 0.2 * healthy.tree.sum()
    far = ~binary_dilation(healthy.tree, iterations=20)
    assert np.abs(healthy.image[far].astype(int) - ill.image[far]).max() <= 1


def test_brightness_and_contrast_differ_from_picture_to_picture(angiograms):
    """Of real ones: mean 0.44, 0.34 to 0.57; deviation 0.14, 0.08 to 0.20."""
    means, deviations = ([f(a.image) / 255 for a in angiograms] for f in (np.mean, np.std))
    assert 0.35 < np.mean(means) < 0.55 and np.std(means) > 0.04
    assert 0.07 < np.mean(deviations) < 0.2 and np.std(deviations) > 0.01


def test_a_cine_fills_moves_and_keeps_its_patient():
    settings = PhantomSettings(size=64, frames=24, frame_time=300, early_share=0.0, breathing=(8, 8))
    frames = list(draw_cine(2, 0, settings))
    shares = [frame.tree.mean() for frame in frames]
    assert len(frames) == 24 and shares[0] == 0 and max(shares) > 0.01 and shares[-1] < max(shares)
    assert len({frame.image.tobytes() for frame in frames}) == 24
    assert {(f.side, f.primary_angle, f.pixel_spacing) for f in frames} == {
        (frames[0].side, frames[0].primary_angle, frames[0].pixel_spacing)
    }
    assert [round(frame.time, 3) for frame in frames[:3]] == [0.0, 0.3, 0.6]
    ostia = np.array([frame.centrelines[0].points[0] for frame in frames])
    assert 0.3 < np.ptp(ostia, axis=0).max() < 15


@pytest.mark.slow
def test_a_cine_of_default_length_shows_contrast_coming_and_going():
    shares = [frame.tree.sum() for index in range(3) for frame in draw_cine(0, index, PhantomSettings(size=64))]
    for cine in np.reshape(shares, (3, -1)):
        assert cine[0] == 0 and cine.max() > 0 and cine[-1] < 0.8 * cine.max()


def test_defaults_are_512_pixels_of_8_bits():
    assert (PhantomSettings().size, PhantomSettings().bits) == (512, 8)


@pytest.mark.parametrize("arguments", [(-1, 0), (0, -1)])
def test_bad_numbers_are_refused(arguments):
    with pytest.raises(ValueError, match="seed and index must be >= 0, got"):
        draw_angiogram(*arguments)

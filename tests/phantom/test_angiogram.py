# SPDX-License-Identifier: Apache-2.0
import hashlib
import subprocess
import sys

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from monai_ext.phantom import PHANTOM_VERSION, draw_angiogram

SHA256 = "66a55ff0865356d39f82a899dc7dbebeb89b95ec74d257a98754505326d1b871"


@pytest.fixture(scope="module")
def angiograms():
    return [draw_angiogram(0, index, 256) for index in range(16)]


def test_image_and_vessels_have_the_size_that_was_asked():
    for size in (32, 65, 128):
        image, vessels = draw_angiogram(1, 2, size)
        assert image.shape == vessels.shape == (size, size)
        assert image.dtype == np.uint8 and vessels.dtype == bool and (vessels.any() or size < 64)


def test_same_seed_and_index_give_the_same_bytes_in_any_order_and_process(global_rng_untouched):
    first = draw_angiogram(3, 5, 64)
    draw_angiogram(3, 6, 64)
    again = draw_angiogram(3, 5, 64)
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    code = "from monai_ext.phantom import draw_angiogram as d; import sys; sys.stdout.buffer.write(d(3, 5, 64)[0].tobytes())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert other == first[0].tobytes()


def test_pictures_change_only_with_their_version():
    """Raise PHANTOM_VERSION with this digest: caches of phantoms are known by it."""
    digest = hashlib.sha256()
    for index in range(4):
        for part in draw_angiogram(0, index, 64):
            digest.update(part.tobytes())
    assert (PHANTOM_VERSION, digest.hexdigest()) == (2, SHA256)


def test_other_seed_or_index_gives_another_picture():
    pictures = {draw_angiogram(seed, index, 32)[0].tobytes() for seed in range(3) for index in range(3)}
    assert len(pictures) == 9


def test_share_of_vessels_is_like_that_of_real_ones(angiograms):
    """ARCADE's experts label 3 to 6 % of the pixels, without the thinnest branches."""
    shares = [vessels.mean() for _, vessels in angiograms]
    assert 0.03 < np.mean(shares) < 0.07 and min(shares) > 0.01 and max(shares) < 0.15


def test_vessels_are_darker_than_what_is_beside_them(angiograms):
    darker = []
    for image, vessels in angiograms:
        beside = binary_dilation(vessels, iterations=5) & ~binary_dilation(vessels, iterations=2)
        darker.append(image[beside].mean() - image[vessels].mean())
    assert min(darker) > 1 and np.mean(darker) > 8


def test_brightness_and_contrast_differ_from_picture_to_picture(angiograms):
    means, deviations = ([f(image) / 255 for image, _ in angiograms] for f in (np.mean, np.std))
    assert 0.35 < np.mean(means) < 0.6 and np.std(means) > 0.04
    assert 0.07 < np.mean(deviations) < 0.2 and np.std(deviations) > 0.01


@pytest.mark.parametrize("arguments", [(-1, 0, 64), (0, -1, 64), (0, 0, 31)])
def test_bad_numbers_are_refused(arguments):
    with pytest.raises(ValueError, match="seed and index must be >= 0 and size >= 32, got"):
        draw_angiogram(*arguments)

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from PIL import Image

from monai_ext.data.quality import is_flat
from monai_ext.phantom import PhantomSettings, draw_angiogram


@pytest.mark.parametrize("level", [0, 3, 100, 255])
def test_one_value_is_flat_and_the_reason_says_which(level):
    reason = is_flat(np.full((65, 40), level, np.uint8))
    first, last = (int(word) for word in reason.replace("100% of it has grey values ", "").split(" to "))
    assert first <= level <= last == first + 4


def test_noise_and_letters_do_not_hide_an_empty_frame():
    frame = np.random.default_rng(0).normal(90, 4, (256, 256)).round().astype(np.uint8)
    frame[10:20, 10:60] = 255
    assert is_flat(frame).startswith("99% of it has grey values 8")


def test_an_open_spot_makes_a_picture():
    frame = np.zeros((256, 256), np.uint8)
    frame[100:150, 100:150] = np.arange(50) * 4
    assert is_flat(frame) is None


@pytest.mark.parametrize("divisor", [1, 2, 4, 8])
def test_pictures_are_not_flat_even_at_low_exposure(divisor):
    frame = draw_angiogram(0, 1, PhantomSettings(size=128)).image // divisor
    assert is_flat(frame) is None and is_flat(frame[:, ::-1]) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (3, 5)])
def test_tiny_frames_are_judged(shape):
    assert is_flat(np.zeros(shape, np.uint8))


def test_other_values_and_shapes_are_refused():
    with pytest.raises(TypeError, match=r"frame must be uint8, got bool"):
        is_flat(np.zeros((8, 8), bool))
    with pytest.raises(ValueError, match=r"frame must be \(rows, columns\), got \(2, 8, 8\)"):
        is_flat(np.zeros((2, 8, 8), np.uint8))


def test_no_real_angiogram_is_flat(xa):
    files = sorted((xa / "arcade/stenosis/train/images").iterdir())[::4]
    assert len(files) >= 50 and not any(is_flat(np.asarray(Image.open(file).convert("L"))) for file in files)

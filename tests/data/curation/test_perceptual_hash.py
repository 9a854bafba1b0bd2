# SPDX-License-Identifier: Apache-2.0
import io

import numpy as np
import pytest
from PIL import Image

from monai_ext.data.curation import perceptual_hash
from monai_ext.phantom import PhantomSettings, draw_angiogram


def distance(a: np.ndarray, b: np.ndarray) -> int:
    return int(np.bitwise_count(perceptual_hash(a) ^ perceptual_hash(b)).sum())


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    return [draw_angiogram(5, i, PhantomSettings(size=192)).image for i in range(4)]


def test_it_is_256_bits(frames):
    assert perceptual_hash(frames[0]).shape == (4,) and perceptual_hash(frames[0][:101, :83]).dtype == np.uint64


def test_what_looks_the_same_is_near(frames):
    frame = frames[0]
    image = Image.fromarray(frame)
    with io.BytesIO() as file:
        image.save(file, "JPEG", quality=80)
        compressed = np.asarray(Image.open(file))
    brighter = np.clip(frame * 0.8 + 30, 0, 255).astype(np.uint8)
    noisy = np.clip(frame + np.random.default_rng(0).normal(0, 4, frame.shape), 0, 255).astype(np.uint8)
    smaller = np.asarray(image.resize((128, 128), Image.Resampling.BICUBIC))
    assert max(distance(frame, other) for other in (compressed, brighter, noisy, smaller)) <= 8


def test_other_patients_are_far(frames):
    assert min(distance(a, b) for i, a in enumerate(frames) for b in frames[:i]) > 56

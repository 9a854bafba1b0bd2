# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import deque

import numpy as np
import pytest
import torch
from PIL import Image

from monai_ext.ops import extract_vessels

sato = pytest.importorskip("skimage.filters").sato


def written_out(image: np.ndarray) -> np.ndarray:
    """The rule in the paper's order, with numpy's percentile and region growing."""
    response = sato(image, (1, 2, 3, 4), black_ridges=True, mode="reflect").astype(int)
    framed = np.zeros_like(response)
    framed[20:-20, 20:-20] = response[20:-20, 20:-20]
    allowed = (framed >= np.percentile(framed, 92)) & (framed > 0)
    grown = np.zeros(image.shape, bool)
    queue = deque([np.unravel_index(framed.argmax(), framed.shape)] if allowed.any() else [])
    while queue:
        row, column = queue.popleft()
        if allowed[row, column] and not grown[row, column]:
            grown[row, column] = True
            queue.extend([(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)])
    return grown


@pytest.mark.parametrize("shape", [(128, 128), (97, 140), (41, 200)])
@pytest.mark.parametrize("amplitude", [255, 3])
def test_equals_the_rule_written_out(shape, amplitude):
    image = np.random.default_rng(1).uniform(0, amplitude, shape)
    found = extract_vessels(torch.from_numpy(image)[None, None], method="published")[0, 0].numpy()
    assert np.array_equal(found, written_out(image))


@pytest.mark.parametrize("name", [1, 2, 3, 5, 8, 13, 21, 34])
def test_agrees_with_the_golden_maps(xa, name):
    # maps by the published implementation with scikit-image 0.26
    grey = np.array(Image.open(xa / f"arcade/syntax/train/images/{name}.jpg").convert("L"))
    golden = np.array(Image.open(xa / f"golden_vessel_maps/{name}.png")) > 0
    found = extract_vessels(torch.from_numpy(grey)[None, None], method="published")[0, 0].numpy()
    assert 2 * (found & golden).sum() / (found.sum() + golden.sum()) >= 0.99


def test_the_border_is_empty():
    image = torch.full((1, 1, 100, 90), 200.0)
    image[..., 40:44] = 50
    found = extract_vessels(image, method="published")[0, 0]
    assert found[20:-20, 40:44].all()
    assert not found[:20].any() and not found[-20:].any() and found.sum() == found[20:-20, 20:-20].sum()


def test_an_image_without_ridges_has_an_empty_map():
    assert not extract_vessels(torch.full((2, 1, 64, 64), 128.0), method="published").any()


def test_an_image_within_the_border_is_refused():
    with pytest.raises(ValueError, match="sides must be above 40 px"):
        extract_vessels(torch.zeros(1, 1, 40, 64), method="published")

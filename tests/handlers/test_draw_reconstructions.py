# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from monai_ext.handlers.draw_reconstructions import draw_reconstructions
from monai_ext.ops import normalise_patches, patchify


def batch(count=2, height=16, width=24):
    """Non-square images of 8 px patches, of which patches 0 and 5 are hidden, and a perfect prediction."""
    image = torch.rand(count, 1, height, width, generator=torch.Generator().manual_seed(0))
    hidden = torch.zeros(count, 6, dtype=torch.bool)
    hidden[:, [0, 5]] = True
    vessels = image > 0.9
    return (image - 0.5) / 0.2, vessels, vessels.float(), hidden, normalise_patches(patchify((image - 0.5) / 0.2, 8))


def titles(figure):
    return [axes.get_title().split("\n")[0] for axes in figure.axes if axes.get_title()]


def picture(figure, column):
    return figure.axes[column].images[0].get_array()


def test_one_row_an_image_and_the_columns_in_order():
    probability = torch.rand(2, 1, 16, 24)
    figure = draw_reconstructions(
        *batch(), mean=0.5, std=0.2, probability=probability, probability_reconstruction=probability
    )
    assert titles(figure) == [
        "image",
        "vessel map",
        "guidance",
        "hidden patches",
        "reconstruction",
        "segmentor S",
        "segmentor S on",
    ]
    assert len(figure.axes) == 2 * 7


def test_segmentor_columns_are_left_out_without_a_segmentor():
    assert len(titles(draw_reconstructions(*batch(), mean=0.5, std=0.2))) == 5


def test_grey_values_are_those_before_standardisation_and_a_perfect_prediction_gives_the_image():
    image, *rest = batch()
    figure = draw_reconstructions(image, *rest, mean=0.5, std=0.2)
    grey = (image * 0.2 + 0.5)[0, 0].numpy()
    assert np.allclose(picture(figure, 0)[..., 0], grey, atol=1e-6)
    assert np.allclose(picture(figure, 4)[..., 0], grey, atol=1e-3)


def test_hidden_patches_are_tinted_and_visible_ones_outlined():
    figure = draw_reconstructions(*batch(), mean=0.5, std=0.2)
    tinted = ~np.isclose(picture(figure, 3)[..., 0], picture(figure, 3)[..., 2])
    assert tinted[:8, :8].all() and tinted[8:, 16:].all() and tinted.sum() == 2 * 64
    outlines = figure.axes[4].collections[0].get_paths()
    assert sorted(tuple(path.vertices.min(0)) for path in outlines) == [(0, 8), (8, 0), (8, 8), (16, 0)]


def test_vessels_are_dark_on_white():
    image, vessels, *rest = batch()
    shown = picture(draw_reconstructions(image, vessels, *rest, mean=0.5, std=0.2), 1)
    assert shown[vessels[0, 0]].max() < 0.35 and shown[~vessels[0, 0]].min() == 1


def test_pyplot_and_its_state_are_not_needed(global_rng_untouched):
    before = "matplotlib.pyplot" in sys.modules
    draw_reconstructions(*batch(), mean=0.5, std=0.2).canvas.draw()
    assert ("matplotlib.pyplot" in sys.modules) == before


def test_empty_batch_is_named():
    with pytest.raises(ValueError, match="at least one image to draw"):
        draw_reconstructions(*(tensor[:0] for tensor in batch()), mean=0.5, std=0.2)

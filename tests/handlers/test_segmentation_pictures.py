# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.utils import CommonKeys
from PIL import Image

from monai_ext.handlers import SegmentationPictures


def output(count=3):
    image = torch.randn(count, 1, 16, 24, generator=torch.Generator().manual_seed(0))
    return {CommonKeys.IMAGE: image, CommonKeys.LABEL: image > 1, CommonKeys.PRED: (10 * image).requires_grad_()}


def test_the_last_epoch_is_drawn_into_a_file(tmp_path, global_rng_untouched):
    trainer = Engine(lambda engine, batch: output())
    SegmentationPictures(tmp_path, mean=0.5, std=0.2, every=5).attach(trainer)
    trainer.run([0], max_epochs=3)
    assert [path.name for path in tmp_path.iterdir()] == ["segmentations.png"]
    with Image.open(tmp_path / "segmentations.png") as picture:
        assert picture.width > 600


def test_columns_are_image_map_and_probability(tmp_path):
    figure = SegmentationPictures(tmp_path, mean=0.5, std=0.2, count=2).draw(output(), "epoch 1 of 2")
    grey, vessels, probability = (axes.images[0].get_array() for axes in figure.axes[:3])
    expected = output()[CommonKeys.IMAGE][0, 0].numpy()
    assert len(figure.axes) == 2 * 3
    assert np.allclose(grey[..., 0], (expected * 0.2 + 0.5).clip(0, 1), atol=1e-6)
    assert np.allclose(vessels[..., 0], np.where(expected > 1, 0.05, 1))
    assert np.allclose(probability[..., 0], 1 - 0.95 / (1 + np.exp(-10 * expected)), atol=1e-5)


def test_bad_arguments_are_named(tmp_path):
    with pytest.raises(ValueError, match="must be positive, got 0, 6 and 1"):
        SegmentationPictures(tmp_path, mean=0.5, std=1, every=0)

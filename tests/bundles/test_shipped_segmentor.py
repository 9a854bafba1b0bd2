# SPDX-License-Identifier: Apache-2.0
"""The weights in models/segmentor.safetensors find vessels."""

from __future__ import annotations

import json

import pytest
import torch
from small_run import BUNDLE

from monai_ext.data import open_frames
from monai_ext.engines import PrepareFrames
from monai_ext.networks import load_segmentor

FILE = BUNDLE / "models" / "segmentor.safetensors"


def mean_dice(dataset, image_size: int) -> float:
    config = json.loads((BUNDLE / "configs" / "train.json").read_text())
    prepare = PrepareFrames(image_size=image_size, mean=config["image_mean"], std=config["image_std"], augment=False)
    image, vessels = prepare(dataset.__getitems__(range(min(len(dataset), 10))), "cpu")
    with torch.no_grad():
        found = load_segmentor(FILE)(image) > 0
    return (2 * (found & vessels).sum((1, 2, 3)) / (found.sum((1, 2, 3)) + vessels.sum((1, 2, 3)))).mean().item()


def test_it_is_small():
    assert FILE.stat().st_size < 1.1e6


def test_it_finds_the_vessels_of_phantoms_that_it_has_not_seen(tmp_path):
    """Phantoms of a later version than it was trained on, with more and thinner side branches: measured 0.58."""
    phantoms = open_frames(None, phantom_count=6, seed=77, size=256, cache_dir=tmp_path)
    assert mean_dice(phantoms, 256) > 0.5


@pytest.mark.slow
def test_it_agrees_with_the_vessel_maps_of_real_angiograms(xa, tmp_path):
    frames = open_frames(xa / "arcade" / "syntax" / "val", exclude=[], cache_dir=tmp_path, processes=1)
    assert mean_dice(frames, 320) > 0.75

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from monai_ext.data.labelled import phantom_arcade


@pytest.fixture(scope="session")
def phantom_cache(tmp_path_factory) -> Path:
    """Holds the phantoms of the tests, 4 of 64 px by split, drawn once."""
    return tmp_path_factory.mktemp("phantoms")


@pytest.fixture(scope="session")
def arcade(phantom_cache) -> Path:
    """4 synthetic angiograms of the train split as ARCADE's folders and files."""
    return phantom_arcade(4, "train", size=64, cache_dir=phantom_cache)


@pytest.fixture
def save(tmp_path):
    """Writes an array as an image file below tmp_path and gives its path; a number fills 24 x 32 px."""

    def write(name: str, values: np.ndarray | int, mode: str | None = None) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        values = np.full((24, 32), values, np.uint8) if isinstance(values, int) else values
        Image.fromarray(values, mode).save(path)
        return path

    return write


@pytest.fixture
def folders(save):
    """Writes images and masks of equal names in two folders below tmp_path, each with a square of `value`; gives the data set's folder."""

    def write(*names: str, value: int = 255, images: str = "images", masks: str = "masks", within: str = ".") -> Path:
        mask = np.zeros((24, 32), np.uint8)
        mask[4:12, 8:20] = value
        for name in names:
            image = save(
                f"{within}/{images}/{name}", np.random.default_rng(len(name)).integers(0, 255, (24, 32), np.uint8)
            )
            save(f"{within}/{masks}/{name}", mask)
        return image.parent.parent

    return write

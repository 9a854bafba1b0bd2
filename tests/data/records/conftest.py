# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def draw(tmp_path):
    """Writes grey images of 32 px below tmp_path, each of its own grey value, and gives their folder."""

    def write(*names: str, value: int | None = None) -> Path:
        for i, name in enumerate(names):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            grey = np.full((32, 32), i % 256 if value is None else value, np.uint8)
            Image.fromarray(grey).save(tmp_path / name)
        return tmp_path

    return write


@pytest.fixture
def write(tmp_path):
    """Writes a text file below tmp_path and gives its path."""

    def write_text(name: str, text: str = "") -> Path:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write_text

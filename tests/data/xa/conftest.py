# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pydicom")

from dicom_files import write_dataset


@pytest.fixture
def write_xa(tmp_path) -> Callable[..., Path]:
    """Writes a file: pixels (frames, rows, columns) or with 3 colours last, the transfer syntax' keyword, attributes (None removes)."""

    def write(
        pixels: np.ndarray, syntax: str = "ExplicitVRLittleEndian", name: str = "cine.dcm", **attributes: Any
    ) -> Path:
        return write_dataset(tmp_path / name, pixels, syntax, attributes)

    return write

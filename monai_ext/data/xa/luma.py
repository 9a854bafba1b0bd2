# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

__all__ = ["luma"]


def luma(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> np.ndarray:
    """Brightness of colours as `read_grey` takes it (ITU-R BT.601); float64, of their shape and scale."""
    return (299.0 * red + 587.0 * green + 114.0 * blue) / 1000

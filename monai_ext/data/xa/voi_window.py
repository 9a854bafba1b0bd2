# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

__all__ = ["voi_window"]


def voi_window(values: np.ndarray, center: float, width: float, function: str = "LINEAR") -> np.ndarray:
    """The values of interest as shares of white (PS3.3, C.11.2.1.2 and C.11.2.1.3).

    LINEAR, which DICOM defines so that whole numbers from c - w/2 to c + w/2 - 1 fill the range::

        y = (x - (c - 0.5)) / (w - 1) + 0.5

    LINEAR_EXACT is (x - c) / w + 0.5, and SIGMOID 1 / (1 + exp(-4 (x - c) / w)).

    Args:
        values: of any shape.
        center: c.
        width: w; at least 1 for LINEAR, above 0 for the others.
        function: anything else counts as LINEAR.

    Returns:
        float64, 0..1, of the same shape.
    """
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -700, 700)))
    if function == "LINEAR_EXACT":
        return np.clip((values - center) / width + 0.5, 0, 1)
    if width == 1:
        return (values > center - 0.5).astype(np.float64)
    return np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)

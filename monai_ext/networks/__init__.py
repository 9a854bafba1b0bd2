# SPDX-License-Identifier: Apache-2.0
"""Networks, and their weights in and out."""

from .check_weights import check_weights
from .fold_rgb import fold_rgb
from .seeded import seeded
from .unext import UNeXt

__all__ = ["UNeXt", "check_weights", "fold_rgb", "seeded"]

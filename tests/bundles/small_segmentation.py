# SPDX-License-Identifier: Apache-2.0
"""The segmentation bundle on few small synthetic angiograms."""

from __future__ import annotations

import sys
from pathlib import Path

import monai.bundle

SEGMENTATION = Path(__file__).parents[2] / "bundles" / "vasomim_seg"
SMALL = {"model": "tiny", "image_size": 32, "phantom_count": 8, "phantom_size": 64}
SMALL_TRAINING = SMALL | {"epochs": 2, "batch_size": 3, "validate_every": 1, "checkpoint_every": 1}


def run_segmentation(*configs: str, **knobs) -> None:
    """`python -m monai.bundle run` in this process."""
    files = [str(SEGMENTATION / "configs" / config) for config in configs]
    hook = sys.excepthook
    try:
        monai.bundle.run(config_file=files, meta_file=None, logging_file=None, bundle_root=str(SEGMENTATION), **knobs)
    finally:
        sys.excepthook = hook

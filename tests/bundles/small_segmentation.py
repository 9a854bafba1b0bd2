# SPDX-License-Identifier: Apache-2.0
"""The segmentation bundle on few small synthetic angiograms."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from small_run import run_bundle

SEGMENTATION = Path(__file__).parents[2] / "bundles" / "vasomim_seg"
SMALL = {"model": "tiny", "image_size": 32, "phantom_count": 8, "phantom_size": 64}
SMALL_TRAINING = SMALL | {"epochs": 2, "batch_size": 3, "validate_every": 1, "checkpoint_every": 1}

run_segmentation = partial(run_bundle, root=SEGMENTATION)
"""`python -m monai.bundle run` in this process."""

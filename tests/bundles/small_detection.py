# SPDX-License-Identifier: Apache-2.0
"""The detection bundle on few small synthetic angiograms."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from small_run import run_bundle

DETECTION = Path(__file__).parents[2] / "bundles" / "vasomim_detection"
SMALL = {"model": "tiny", "image_size": 64, "phantom_count": 12, "phantom_size": 64}
SMALL_TRAINING = SMALL | {"epochs": 2, "batch_size": 3, "validate_every": 1, "checkpoint_every": 1}

run_detection = partial(run_bundle, root=DETECTION)
"""`python -m monai.bundle run` in this process."""

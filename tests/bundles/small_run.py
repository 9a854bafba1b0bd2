# SPDX-License-Identifier: Apache-2.0
"""The pre-training bundle on few small synthetic angiograms."""

from __future__ import annotations

import sys
from pathlib import Path

import monai.bundle

BUNDLE = Path(__file__).parents[2] / "bundles" / "vasomim_pretrain"
SMALL_DATA = {"phantom_count": 6, "frame_size": 64, "image_size": 64}
SMALL_RUN = SMALL_DATA | {"model": "tiny", "epochs": 2, "batch_size": 3, "base_rate": 0.01}


def run_bundle(*configs: str, root: Path = BUNDLE, **knobs) -> None:
    """`python -m monai.bundle run` in this process."""
    files = [str(root / "configs" / config) for config in configs]
    hook = sys.excepthook
    try:
        monai.bundle.run(config_file=files, meta_file=None, logging_file=None, bundle_root=str(root), **knobs)
    finally:
        sys.excepthook = hook

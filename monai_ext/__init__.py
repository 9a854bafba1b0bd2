# SPDX-License-Identifier: Apache-2.0
"""VasoMIM on MONAI: self-supervised pre-training on X-ray angiograms and the tasks that it serves."""

__version__ = "0.1.0"

from . import (
    data,
    dicom,
    engines,
    handlers,
    inferers,
    losses,
    metrics,
    networks,
    ops,
    optimizers,
    phantom,
    results,
    transforms,
)

__all__ = [
    "data",
    "dicom",
    "engines",
    "handlers",
    "inferers",
    "losses",
    "metrics",
    "networks",
    "ops",
    "optimizers",
    "phantom",
    "results",
    "transforms",
]

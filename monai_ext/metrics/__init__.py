# SPDX-License-Identifier: Apache-2.0
"""What is measured."""

from .cl_dice import ClDiceMetric
from .compute_cl_dice import compute_cl_dice
from .detection_quality import DetectionQuality
from .gather_in_turns import gather_in_turns
from .reconstruction_quality import ReconstructionQuality
from .segmentation_quality import SegmentationQuality
from .threshold_sweep import ThresholdSweep

__all__ = [
    "ClDiceMetric",
    "DetectionQuality",
    "ReconstructionQuality",
    "SegmentationQuality",
    "ThresholdSweep",
    "compute_cl_dice",
    "gather_in_turns",
]

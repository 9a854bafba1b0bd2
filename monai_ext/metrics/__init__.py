# SPDX-License-Identifier: Apache-2.0
"""What is measured."""

from .cl_dice import ClDiceMetric
from .compute_cl_dice import compute_cl_dice
from .reconstruction_quality import ReconstructionQuality
from .segmentation_quality import SegmentationQuality
from .threshold_sweep import ThresholdSweep

__all__ = ["ClDiceMetric", "ReconstructionQuality", "SegmentationQuality", "ThresholdSweep", "compute_cl_dice"]

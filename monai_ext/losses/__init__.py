# SPDX-License-Identifier: Apache-2.0
"""What training minimises."""

from .anatomical_consistency import AnatomicalConsistencyLoss
from .detection import DetectionLoss
from .masked_reconstruction import MaskedReconstructionLoss
from .vasomim import VasoMIMLoss

__all__ = ["AnatomicalConsistencyLoss", "DetectionLoss", "MaskedReconstructionLoss", "VasoMIMLoss"]

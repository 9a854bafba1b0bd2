# SPDX-License-Identifier: Apache-2.0
"""MONAI transforms, one image at a time: array and dictionary versions."""

from .boxes_to_markups_dict import BoxesToMarkupsd
from .extract_vessels import ExtractVessels
from .extract_vessels_dict import ExtractVesselsd
from .logits_to_mask import LogitsToMask
from .logits_to_mask_dict import LogitsToMaskd
from .sato_ridge import SatoRidge
from .sato_ridge_dict import SatoRidged

__all__ = [
    "BoxesToMarkupsd",
    "ExtractVessels",
    "ExtractVesselsd",
    "LogitsToMask",
    "LogitsToMaskd",
    "SatoRidge",
    "SatoRidged",
]

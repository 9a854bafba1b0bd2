# SPDX-License-Identifier: Apache-2.0
"""MONAI transforms, one image at a time: array and dictionary versions."""

from .extract_vessels import ExtractVessels
from .extract_vessels_dict import ExtractVesselsd
from .sato_ridge import SatoRidge
from .sato_ridge_dict import SatoRidged

__all__ = ["ExtractVessels", "ExtractVesselsd", "SatoRidge", "SatoRidged"]

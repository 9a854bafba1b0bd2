# SPDX-License-Identifier: Apache-2.0
"""Archives of angiograms turned into one corpus for pre-training."""

from .curate import curate
from .curation_options import CurationOptions
from .near_duplicates import near_duplicates
from .perceptual_hash import perceptual_hash

__all__ = ["CurationOptions", "curate", "near_duplicates", "perceptual_hash"]

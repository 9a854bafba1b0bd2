# SPDX-License-Identifier: Apache-2.0
"""Frames judged by their pixels: contrast in vessels, flatness, burned-in text."""

from .contrast_frames import contrast_frames
from .contrast_strength import NO_CONTRAST, contrast_strength
from .find_text import find_text
from .is_flat import is_flat

__all__ = ["NO_CONTRAST", "contrast_frames", "contrast_strength", "find_text", "is_flat"]

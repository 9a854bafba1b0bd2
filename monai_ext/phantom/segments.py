# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

__all__ = ["SEGMENTS"]

SEGMENTS = (
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "9a", "10", "10a", "11", "12", "12a", "13", "14", "14a", "15", "16", "16a",
    "16b", "16c", "12b", "14b",
)  # fmt: skip
"""SYNTAX names of the coronary segments in the order of ARCADE's category ids: `SEGMENTS[id - 1]`, ids 1 to 25; 0 is no segment.

References:
    Sianos, G. et al. The SYNTAX score. EuroIntervention 1 (2005), figure 1. Popov, M. et al. ARCADE. Sci Data 11 (2024).
"""

# SPDX-License-Identifier: Apache-2.0
"""What a network found in one file, and the files that tell of it."""

from .cine_result import Algorithm, CineResult
from .draw_findings import draw_findings
from .write_findings import write_findings
from .write_masks import write_masks
from .write_measurements import write_measurements
from .write_nifti import write_nifti
from .write_overlays import write_overlays
from .write_video import write_video
from .write_viewer import write_viewer

__all__ = [
    "Algorithm",
    "CineResult",
    "draw_findings",
    "write_findings",
    "write_masks",
    "write_measurements",
    "write_nifti",
    "write_overlays",
    "write_video",
    "write_viewer",
]

# SPDX-License-Identifier: Apache-2.0
"""Results as DICOM objects, and the way to and from a PACS."""

from .fetch_series import fetch_series
from .read_segmentation import read_segmentation
from .segmentation import Segmentation
from .send_files import send_files
from .write_presentation_state import write_presentation_state
from .write_secondary_capture import write_secondary_capture
from .write_segmentation import write_segmentation
from .write_structured_report import write_structured_report

__all__ = [
    "Segmentation",
    "fetch_series",
    "read_segmentation",
    "send_files",
    "write_presentation_state",
    "write_secondary_capture",
    "write_segmentation",
    "write_structured_report",
]

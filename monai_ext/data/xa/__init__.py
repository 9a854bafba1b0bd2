# SPDX-License-Identifier: Apache-2.0
"""X-ray angiograms in DICOM files: read as they are shown, without the patient's name."""

from .load_image_xa import LoadImageXA
from .load_image_xa_dict import LoadImageXAd, LoadImageXADict
from .object_spacing import object_spacing
from .read_xa import read_xa
from .read_xa_header import read_xa_header
from .xa_cine import XACine
from .xa_header import XAHeader

__all__ = [
    "LoadImageXA",
    "LoadImageXADict",
    "LoadImageXAd",
    "XACine",
    "XAHeader",
    "object_spacing",
    "read_xa",
    "read_xa_header",
]

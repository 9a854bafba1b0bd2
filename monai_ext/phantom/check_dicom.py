# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from importlib.util import find_spec

__all__ = ["check_dicom"]

_DEPTHS = (8, 10, 12, 16)


def check_dicom(bits: int) -> None:
    """Refuses, before anything is drawn, what cannot be written as a DICOM angiogram.

    Raises:
        ImportError: without pydicom.
        ValueError: if DICOM has no angiograms of so many bits (PS3.3, C.8.7.1.1.4: 8, 10, 12 or 16).
    """
    if find_spec("pydicom") is None:
        raise ImportError("DICOM needs pydicom, which is not installed; pip install 'monai_ext[dicom]'.")
    if bits not in _DEPTHS:
        raise ValueError(f"bits must be 8, 10, 12 or 16 in DICOM, got {bits}; take the next more.")

# SPDX-License-Identifier: Apache-2.0
"""A legal multi-frame XA file of a patient whose identity must appear nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from monai_ext.phantom import PhantomSettings, dicom_angiogram, draw_angiogram

__all__ = ["SECRETS", "write_secret_cine"]

SECRETS = ("Geheim", "Frau", "geheim-4711", "19010203", "Klinik", "Dr^Stumm", "A-0815")
_IDENTITY = {
    "PatientName": "Geheim^Frau",
    "PatientID": "geheim-4711",
    "PatientBirthDate": "19010203",
    "InstitutionName": "Klinik",
    "ReferringPhysicianName": "Dr^Stumm",
    "AccessionNumber": "A-0815",
    "StudyDescription": "Geheim <script>alert(1)</script>",
}


def write_secret_cine(path: Path, frames: int = 2, size: int = 64, **attributes: Any) -> Path:
    """Write it.

    Args:
        path: of the file; its folder is made.
        frames: in it.
        size: pixels a side.
        attributes: instead of those of a whole file.
    """
    settings = PhantomSettings(size=size, bits=8, frames=frames)
    angiogram = draw_angiogram(0, 0, settings)
    dataset = dicom_angiogram(np.stack([angiogram.image] * frames), angiogram, "secret", "secret", frame_time=66.0)
    for keyword, value in {**_IDENTITY, **attributes}.items():
        setattr(dataset, keyword, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

__all__ = ["is_dicom"]


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM, by its extension (dcm, dicom, ima) or, where it has none or a number like a UID's last, by its bytes 128 to 131."""
    suffix = path.suffix[1:].lower()
    if path.name.startswith("."):
        return False
    if suffix in ("dcm", "dicom", "ima"):
        return True
    if (suffix and not suffix.isdigit()) or not path.is_file():
        return False
    try:
        with open(path, "rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False

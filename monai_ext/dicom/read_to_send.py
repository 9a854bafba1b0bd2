# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from monai_ext.data.xa.quiet_pydicom import quiet_pydicom

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

__all__ = ["read_to_send"]


def read_to_send(path: Path, *, head_only: bool = False) -> FileDataset:
    """A DICOM file as pydicom reads it.

    Args:
        path: of the file.
        head_only: leaves the pixels out.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no DICOM file.
    """
    from pydicom import dcmread

    try:
        with quiet_pydicom():
            dataset = dcmread(path, stop_before_pixels=head_only)
            if dataset.SOPClassUID and dataset.SOPInstanceUID and dataset.file_meta.TransferSyntaxUID:
                return dataset
    except FileNotFoundError:
        raise
    except Exception:  # parsers raise about ten kinds on broken files; all are told below, without what they quote
        pass
    raise ValueError(f"only whole DICOM files can be sent, '{path}' is none; leave it out.")

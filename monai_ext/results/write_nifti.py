# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import numpy as np

from monai_ext.ops import atomic_file

from .cine_result import CineResult

if TYPE_CHECKING:
    from nibabel import Nifti1Image

__all__ = ["write_nifti"]

_ENDINGS = (".nii", ".nii.gz")
_LEVEL = 1  # of zlib: masks shrink to a hundredth anyway


def write_nifti(result: CineResult, path: str | os.PathLike[str]) -> None:
    """Masks as NIfTI, uint8, numbers of the classes: (columns, rows, frames), of one frame (columns, rows).

    The first axis runs along a row of the image from the left, the second down. If the source is NIfTI, the affine is its own, moved to the first frame that
    was taken, so that the masks lie on it. Else the affine is that of a picture in the patient's axes, columns to the left and rows to the back (diag -column, -row, 1), as
    ITK writes it, with the spacing in mm, or 1 without a unit.

    Args:
        result: with masks.
        path: of the file, `.nii.gz`.

    Raises:
        ImportError: without nibabel.
        OSError: if it cannot be written, or the source no longer be read.
        ValueError: if there are no masks.
    """
    if result.masks is None:
        raise ValueError(f"masks must be there to be written, '{result.name}' has none; write boxes by write_findings.")
    try:
        import nibabel
    except ImportError as error:
        raise ImportError("NIfTI needs nibabel, which is not installed; pip install 'monai_ext[nifti]'.") from error
    is_nifti = result.source.name.lower().endswith(_ENDINGS)
    source = nibabel.load(result.source) if is_nifti else None
    volume = result.masks.transpose(2, 1, 0)
    volume = volume[..., 0] if len(result.masks) == 1 and (source is None or source.ndim == 2) else volume
    image = nibabel.Nifti1Image(volume, _affine(result, source))
    known = source.header.get_xyzt_units()[0] if source else "mm" if result.spacing else "unknown"
    image.header.set_xyzt_units(known)
    image.header.set_intent("label")
    with atomic_file(path) as temporary:
        temporary.write_bytes(gzip.compress(image.to_bytes(), _LEVEL, mtime=0))


def _affine(result: CineResult, source: Nifti1Image | None) -> np.ndarray:
    if source is None:
        row, column = result.spacing or (1.0, 1.0)
        return np.diag([-column, -row, 1.0, 1.0])
    affine = source.affine.copy()
    affine[:3, 3] += affine[:3, 2] * result.numbers[0]
    return affine

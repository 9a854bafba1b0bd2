# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from dataclasses import dataclass

import SimpleITK as sitk

__all__ = ["SlicerGrid"]


@dataclass(frozen=True)
class SlicerGrid:
    """Where 3D Slicer shows the pixels of an image or DICOM file, which it reads by ITK: a cine is a volume whose slices are the frames.

    The middle of the first pixel lies at 0; x runs along columns, y along rows, z along frames (LPS).
    """

    columns: int
    rows: int
    frames: int
    spacing: tuple[float, float, float]
    """Distance of pixels along x, y and z in mm; of a file that does not tell it 1."""

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> SlicerGrid:
        """Of a file, whose pixels are not decoded.

        Raises:
            ValueError: if ITK does not read it.
        """
        reader = sitk.ImageFileReader()
        reader.SetFileName(os.fspath(path))
        try:
            reader.ReadImageInformation()
        except RuntimeError as error:
            raise ValueError(
                f"'{path}' must be a file that 3D Slicer reads, it is not; ask for results as PNG."
            ) from error
        columns, rows, frames = (*reader.GetSize(), 1)[:3]
        return cls(columns, rows, frames, (*reader.GetSpacing(), 1.0)[:3])

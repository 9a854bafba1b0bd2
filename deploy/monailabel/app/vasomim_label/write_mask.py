# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import numpy as np
import SimpleITK as sitk
from PIL import Image

from .slicer_grid import SlicerGrid

__all__ = ["MASK_FILES", "write_mask"]

MASK_FILES = (".png", ".nrrd", ".nii.gz", ".nii")


def write_mask(mask: np.ndarray, path: str, source: str | os.PathLike[str], frame: int) -> None:
    """A mask as a file: PNG of the frame's size, or the volume that lies upon the angiogram in 3D Slicer, empty but for the frame.

    Args:
        mask: (rows, columns), uint8, numbers of classes.
        path: its ending, one of `MASK_FILES`, tells the format.
        source: the angiogram's file.
        frame: of a cine, from 0.

    Raises:
        ValueError: as `SlicerGrid.of`.
    """
    if path.endswith(".png"):
        Image.fromarray(mask).save(path)
        return
    grid = SlicerGrid.of(source)
    volume = np.zeros((grid.frames, *mask.shape), np.uint8)
    volume[frame] = mask
    image = sitk.GetImageFromArray(volume)
    image.SetSpacing(grid.spacing)
    sitk.WriteImage(image, path, useCompression=True)

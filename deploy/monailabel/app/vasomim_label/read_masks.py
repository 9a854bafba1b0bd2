# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from PIL import Image

__all__ = ["read_masks"]

_VOLUMES = (".nrrd", ".nii.gz", ".nii")


def read_masks(path: str | os.PathLike[str], folder: str | os.PathLike[str]) -> dict[int | None, Path]:
    """The masks in a label file, as image files by their frame.

    An image file is the mask of its angiogram. A volume, as 3D Slicer stores labels, has a mask in each slice where something is drawn; the slices are the
    frames, of an image there is one.

    Args:
        path: of the label.
        folder: where the masks of a volume are written to; there must be none of that name.

    Returns:
        Image files by the frame, from 0; None where the label does not tell it.

    Raises:
        ValueError: if a volume is broken, or has several layers.
    """
    path = Path(path)
    if not path.name.endswith(_VOLUMES):
        return {None: path}
    volume = _volume(path)
    drawn = [0] if len(volume) == 1 else np.flatnonzero(volume.any((1, 2))).tolist()
    files = {frame: Path(folder, f"{path.name}.{frame}.png") for frame in drawn}
    for frame, file in files.items():
        Image.fromarray(volume[frame]).save(file)
    return {None: files[0]} if len(volume) == 1 else files


def _volume(path: Path) -> np.ndarray:
    """(frames, rows, columns), uint8."""
    try:
        volume = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
    except RuntimeError as error:
        raise ValueError(f"the label '{path}' cannot be read; store it again.") from error
    volume = volume[None] if volume.ndim == 2 else volume
    if volume.ndim != 3:
        raise ValueError(
            f"the label '{path}' must be one layer, got {volume.shape[-1]}; store it as .nii.gz, where segments do not overlap."
        )
    return np.clip(volume, 0, 255).astype(np.uint8)

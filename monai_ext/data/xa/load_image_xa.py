# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import Transform
from monai.utils import MetaKeys, TransformBackends

from .read_xa import read_xa
from .xa_cine import XACine

__all__ = ["LoadImageXA"]


class LoadImageXA(Transform):
    """Loads X-ray angiograms from a DICOM file, see `read_xa`; frames become channels.

    MONAI's own readers give (rows, frames, columns), and ignore window, polarity and pixel spacing.

    Args:
        frame: the one to load, counted from 0; None for all.
    """

    backend = (TransformBackends.NUMPY,)

    def __init__(self, frame: int | None = None) -> None:
        self.frame = frame

    def __call__(self, filename: str | os.PathLike[str], frame: int | None = None) -> MetaTensor:
        """Loads one file.

        Args:
            filename: of it.
            frame: takes the place of the one given before; None leaves that.

        Returns:
            (frames, rows, columns), or (1, rows, columns) of one frame; float32, 0..1, vessels dark. The affine holds the pixel spacing at
            the detector in mm (1 if unknown); `meta` names the file, its shape as `original_shape`, and what `XACine` tells, NaN where
            it is unknown: data loaders cannot stack None. `burned_in` is "YES", "NO" or "".

        Raises:
            FileNotFoundError, ImportError, ValueError: as `read_xa`.
        """
        frame = self.frame if frame is None else frame
        cine = read_xa(filename, frames=None if frame is None else [int(frame)])
        row, column = cine.imager_pixel_spacing or (1.0, 1.0)
        affine = torch.diag(torch.tensor([row, column, 1.0, 1.0], dtype=torch.float64))
        return MetaTensor(torch.from_numpy(cine.frames), affine=affine, meta=_meta(cine, os.fspath(filename), affine))


def _meta(cine: XACine, name: str, affine: torch.Tensor) -> dict[Any, Any]:
    numbers = {key: getattr(cine, key) for key in _NUMBERS}
    return {
        "filename_or_obj": name,
        MetaKeys.ORIGINAL_AFFINE: affine.clone(),
        MetaKeys.ORIGINAL_CHANNEL_DIM: 0,
        MetaKeys.SPATIAL_SHAPE: np.array(cine.frames.shape[1:]),
        "original_shape": np.array([cine.frame_count, *cine.frames.shape[1:]]),
        "imager_pixel_spacing": np.array(cine.imager_pixel_spacing or (np.nan, np.nan)),
        "bits": cine.bits,
        "burned_in": {True: "YES", False: "NO", None: ""}[cine.burned_in],
    } | {key: float("nan") if number is None else number for key, number in numbers.items()}


_NUMBERS = ("frame_time", "primary_angle", "secondary_angle", "source_detector", "source_patient")

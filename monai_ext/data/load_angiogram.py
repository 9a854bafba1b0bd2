# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import Transform
from monai.utils import MetaKeys, TransformBackends
from torch import Tensor

from .read_grey import read_grey
from .records.is_dicom import is_dicom
from .strongest_frame import strongest_frame
from .xa import LoadImageXA

__all__ = ["LoadAngiogram"]


class LoadAngiogram(Transform):
    """Loads one angiogram at its own size, as networks see it: from an image file, or a frame of a DICOM file.

    Args:
        frame: of a cine, counted from 0; None for the one of strongest contrast (`strongest_frame`). Image files have the frame 0 only.
        mean: of grey values in [0, 1], which is subtracted.
        std: of grey values, which divides; above 0.
        track_meta: give a MetaTensor that knows its file, and of DICOM what `LoadImageXA` tells; a plain tensor is faster.

    Raises:
        ValueError: if std is not above 0.
    """

    backend = (TransformBackends.NUMPY,)

    def __init__(
        self, frame: int | None = None, *, mean: float = 0.0, std: float = 1.0, track_meta: bool = False
    ) -> None:
        if not std > 0:
            raise ValueError(f"std must be above 0, got {std}.")
        self.frame, self.mean, self.std, self.track_meta = frame, mean, std, track_meta

    def __call__(self, filename: str | os.PathLike[str], frame: int | None = None) -> Tensor:
        """Loads one file.

        Args:
            filename: PNG, JPEG, BMP, TIFF or DICOM, see `read_grey`, `is_dicom` and `read_xa`.
            frame: takes the place of the one given before; None leaves that.

        Returns:
            (1, height, width), float32: grey values of [0, 1], vessels dark, less mean, over std.

        Raises:
            FileNotFoundError, ImportError, OSError: as `read_grey` and `read_xa`.
            ValueError: if the file is broken or has no such frame.
        """
        frame = self.frame if frame is None else int(frame)
        image = self._cine(filename, frame) if is_dicom(Path(filename)) else _picture(filename, frame)
        image = (image - self.mean) / self.std
        return image if self.track_meta else image.as_tensor()

    def _cine(self, filename: str | os.PathLike[str], frame: int | None) -> MetaTensor:
        return LoadImageXA(strongest_frame(filename) if frame is None else frame)(filename)


def _picture(filename: str | os.PathLike[str], frame: int | None) -> MetaTensor:
    if frame:
        raise ValueError(f"'{os.fspath(filename)}' is an image, of which frame must be 0 or None, got {frame}.")
    grey = read_grey(filename).astype(np.float32) / 255
    meta = {
        "filename_or_obj": os.fspath(filename),
        MetaKeys.SPATIAL_SHAPE: np.array(grey.shape),
        MetaKeys.ORIGINAL_CHANNEL_DIM: 0,
    }
    return MetaTensor(torch.from_numpy(grey)[None], meta=meta)

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from math import prod
from typing import Any

import numpy as np

from .nifti_cine import NiftiCine
from .system_errors import SYSTEM_ERRORS

__all__ = ["NIFTI_ENDINGS", "read_nifti"]

NIFTI_ENDINGS = (".nii", ".nii.gz")
_MOST_PIXELS = 2**30  # 4 GiB of float32
_ROBUST = (0.1, 99.9)  # percentiles: letters and dead pixels lie beyond
_MILLIMETRES = {"mm": 1.0, "meter": 1000.0, "micron": 0.001}


def read_nifti(path: str | os.PathLike[str]) -> NiftiCine:
    """Reads X-ray angiograms from a NIfTI file.

    The array, as nibabel gives it, is (columns, rows) of one frame or (columns, rows, frames) of a cine: the first axis runs along a row of the image from the
    left, the second down, whatever the affine says, as ITK and MONAI write pictures. Vessels must be dark. Grey values become 0..1, values beyond are cut: from the range
    that the header states (`cal_min`, `cal_max`); else bytes from 0..255; else from the 0.1th to the 99.9th percentile of the whole file.

    Args:
        path: `.nii` or `.nii.gz`.

    Raises:
        FileNotFoundError: if there is no such file.
        ImportError: without nibabel.
        OSError: if the system is at fault, see `SYSTEM_ERRORS`.
        ValueError: if it is broken, absurdly large, or not one or more grey frames.
    """
    try:
        import nibabel
    except ImportError as error:
        raise ImportError("NIfTI needs nibabel, which is not installed; pip install 'monai_ext[nifti]'.") from error
    try:
        image = nibabel.load(path)
        values, stated = _values(image), (float(image.header["cal_min"]), float(image.header["cal_max"]))
        spacing = _spacing(image.header)
    except FileNotFoundError:
        raise
    except Exception as error:  # nibabel, zlib and numpy raise about ten kinds on broken files
        if getattr(error, "errno", None) in SYSTEM_ERRORS:
            raise
        problem = str(error) if isinstance(error, ValueError) else f"it is broken ({type(error).__name__})"
        raise ValueError(
            f"'{os.fspath(path)}' cannot be read as NIfTI: {problem}; copy it again or leave it out."
        ) from error
    low, high = _range(values, *stated)
    frames = ((values.astype(np.float32) - low) / (high - low)).clip(0, 1)
    return NiftiCine(frames=np.ascontiguousarray(frames.transpose(2, 1, 0)), spacing=spacing)


def _values(image: Any) -> np.ndarray:
    """(columns, rows, frames), as stored or scaled by the header's slope."""
    shape = image.shape
    if len(shape) < 2 or any(side != 1 for side in shape[3:]):
        raise ValueError(f"it must be (columns, rows) or (columns, rows, frames), got {shape}")
    if not 0 < prod(shape) <= _MOST_PIXELS:
        raise ValueError(f"it must hold 1 to {_MOST_PIXELS} pixels, got {shape}")
    if image.get_data_dtype().kind not in "iuf":
        raise ValueError(f"it must hold grey values, got the type {image.get_data_dtype()}")
    values = np.asanyarray(image.dataobj).reshape(*shape[:2], -1)
    if not np.isfinite(values).all():
        raise ValueError("its grey values must be finite, some are not")
    return values


def _range(values: np.ndarray, stated_low: float, stated_high: float) -> tuple[float, float]:
    if stated_high > stated_low:
        return stated_low, stated_high
    if values.dtype == np.uint8:
        return 0.0, 255.0
    low, high = np.percentile(values, _ROBUST)
    return float(low), float(high) if high > low else float(low) + 1


def _spacing(header: Any) -> tuple[float, float] | None:
    scale = _MILLIMETRES.get(header.get_xyzt_units()[0])
    column, row = (float(zoom) for zoom in header.get_zooms()[:2])
    return None if scale is None or not (row > 0 and column > 0) else (row * scale, column * scale)

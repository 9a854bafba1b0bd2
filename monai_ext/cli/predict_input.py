# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monai_ext.data import read_grey, read_nifti, read_xa_header
from monai_ext.data.cine_chunks import cine_chunks
from monai_ext.data.quality import contrast_strength
from monai_ext.data.read_nifti import NIFTI_ENDINGS
from monai_ext.data.records.is_dicom import is_dicom
from monai_ext.data.strongest_frame import strongest_frame
from monai_ext.data.xa import object_spacing

from .frame_choice import FrameChoice

__all__ = ["PredictInput", "open_input"]


@dataclass(frozen=True, eq=False, kw_only=True)
class PredictInput:
    """The wanted frames of one file, whatever its kind.

    Attributes:
        numbers: of the frames in the file, counted from 0.
        chunks: the frames, some at a time, (n, rows, columns), float32, 0..1, vessels dark; to be gone through once.
        spacing: (row, column) distance of pixel centres in mm, where the vessel is; None if unknown.
        spacing_origin: how it is known; "" if it is not.
        frame_time: milliseconds between frames; None if unknown.
    """

    numbers: Sequence[int]
    chunks: Iterable[np.ndarray]
    spacing: tuple[float, float] | None = None
    spacing_origin: str = ""
    frame_time: float | None = None

    def batches(self, size: int) -> Iterator[np.ndarray]:
        """The frames again, at most so many at a time."""
        for chunk in self.chunks:
            yield from (chunk[start : start + size] for start in range(0, len(chunk), size))


def open_input(path: Path, choice: FrameChoice) -> PredictInput:
    """Opens an image, a DICOM or a NIfTI file; of DICOM only the header is read so far.

    Args:
        path: of the file.
        choice: which frames are wanted.

    Raises:
        FileNotFoundError, ImportError, OSError: as `read_grey`, `read_nifti` and `read_xa`.
        ValueError: if the file is broken or has no such frame.
    """
    if path.name.lower().endswith(NIFTI_ENDINGS):
        return _nifti(path, choice)
    if is_dicom(path):
        return _dicom(path, choice)
    grey = read_grey(path)
    return PredictInput(numbers=range(1), chunks=[grey[None].astype(np.float32) / 255])


def _dicom(path: Path, choice: FrameChoice) -> PredictInput:
    header = read_xa_header(path)
    numbers = _wanted(path, choice, header.frame_count, lambda: strongest_frame(path))
    spacing, origin = object_spacing(header)
    return PredictInput(
        numbers=numbers,
        chunks=cine_chunks(path, frames=numbers),
        spacing=spacing,
        spacing_origin=origin,
        frame_time=header.frame_time,
    )


def _nifti(path: Path, choice: FrameChoice) -> PredictInput:
    cine = read_nifti(path)
    numbers = _wanted(path, choice, len(cine.frames), lambda: _strongest(cine.frames))
    frames = cine.frames[numbers.start : numbers.stop]
    origin = "header of the NIfTI file" if cine.spacing else ""
    return PredictInput(numbers=numbers, chunks=[frames], spacing=cine.spacing, spacing_origin=origin)


def _strongest(frames: np.ndarray) -> int:
    return int(contrast_strength(np.rint(frames * 255).astype(np.uint8)).argmax())


def _wanted(path: Path, choice: FrameChoice, count: int, strongest: Callable[[], int]) -> range:
    try:
        return choice.numbers(count, strongest)
    except ValueError as error:
        raise ValueError(f"'{path}' cannot be used: {error}") from error

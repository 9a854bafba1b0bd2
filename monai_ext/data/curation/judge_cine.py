# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy import ndarray

from ..quality import contrast_frames, find_text, is_flat
from ..square_frame import fits_square
from .curation_options import CurationOptions
from .perceptual_hash import perceptual_hash
from .verdict import Verdict

__all__ = ["ROW", "fingerprint", "judge_cine"]

ROW = np.dtype(
    [
        ("file", "u4"),
        ("frame", "u4"),
        ("height", "u4"),
        ("width", "u4"),
        ("verdict", "u1"),
        ("text", "?"),
        ("hash", "u8", (4,)),
    ]
)
"""What is known of a frame."""


def judge_cine(
    rows: ndarray, frames: Sequence[ndarray | None], options: CurationOptions, frame_time: float | None = None
) -> None:
    """Decides which frames of a cine, or of one image, are worth keeping, by their pixels alone.

    Args:
        rows: (n,), of type `ROW`; their verdict, size, text and hash are filled in.
        frames: (height, width) uint8 each; None for what cannot be read.
        options: of the curation.
        frame_time: milliseconds from one frame to the next, if known.
    """
    for row, frame in zip(rows, frames, strict=True):
        row["verdict"] = _first_verdict(frame, options)
        if frame is not None:
            row["height"], row["width"] = frame.shape
    for number in _left(rows):
        rows[number]["text"] = bool(find_text(frames[number]))
    if not options.keep_all:
        _drop_without_contrast(rows, frames, frame_time)
    for number in _left(rows):
        rows[number]["hash"] = perceptual_hash(frames[number])


def fingerprint(rows: ndarray, frames: Sequence[ndarray | None]) -> None:
    """Hashes of images that are kept for evaluation, whatever they are worth; arguments as of `judge_cine`."""
    for row, frame in zip(rows, frames, strict=True):
        row["verdict"] = Verdict.UNREADABLE if frame is None else Verdict.FLAT if is_flat(frame) else Verdict.KEPT
        if row["verdict"] == Verdict.KEPT:
            row["hash"] = perceptual_hash(frame)


def _left(rows: ndarray) -> ndarray:
    return np.flatnonzero(rows["verdict"] == Verdict.KEPT)


def _first_verdict(frame: ndarray | None, options: CurationOptions) -> Verdict:
    if frame is None:
        return Verdict.UNREADABLE
    if min(frame.shape) < options.min_side or not fits_square(frame.shape, options.size):
        return Verdict.TOO_SMALL
    return Verdict.FLAT if is_flat(frame) else Verdict.KEPT


def _drop_without_contrast(rows: ndarray, frames: Sequence[ndarray | None], frame_time: float | None) -> None:
    """Frames of one size are looked at together, as a cine."""
    known = {"frame_time": frame_time} if frame_time else {}
    left = _left(rows)
    for shape in {frames[number].shape for number in left}:
        alike = [number for number in left if frames[number].shape == shape]
        filled = contrast_frames(np.stack([frames[number] for number in alike]), **known)
        rows["verdict"][np.array(alike)[~filled]] = Verdict.NO_CONTRAST

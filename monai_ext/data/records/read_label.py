# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import numpy as np

from .draw_polygons import draw_polygons
from .read_mask import read_mask
from .record import Record

__all__ = ["read_label"]

_DRAWN = ("vessels", "segments", "stenoses", "catheter")


def read_label(record: Record, name: str, shape: tuple[int, int]) -> np.ndarray:
    """A label of a record as an image.

    Args:
        record: to read of.
        name: "vessels", "stenoses" or "catheter", bool; or "segments", classes 0 (none) to 25 (`SEGMENTS[class - 1]`), later polygons over earlier ones. Where
            a record has segments and no "vessels", these are their union.
        shape: height and width of the record's image.

    Returns:
        (height, width), bool, or uint8 for "segments".

    Raises:
        ValueError: if the record has no such label, it cannot be drawn, or a mask file is broken or has another size.
        FileNotFoundError: if the mask file has gone.
    """
    if name not in _DRAWN:
        raise ValueError(f"label must be one of {', '.join(_DRAWN)}, got {name!r}; others are read from record.labels.")
    label = record.labels.get(name)
    if label is None and name == "vessels" and "segments" in record.labels:
        label = tuple(polygon for _, polygon in record.labels["segments"])
    if label is None:
        has = ", ".join(map(repr, record.labels)) or "none"
        raise ValueError(f"'{record.path}' must have the label '{name}', got {has}; choose records that have it.")
    if isinstance(label, (str, os.PathLike)):
        return _of_file(label, shape)
    return _segments(label, shape) if name == "segments" else draw_polygons(label, shape)


def _of_file(path: str | os.PathLike[str], shape: tuple[int, int]) -> np.ndarray:
    mask = read_mask(path)
    if mask.shape != tuple(shape):
        raise ValueError(
            f"the mask '{path}' must have the size of its image, got {mask.shape[0]}x{mask.shape[1]} and {shape[0]}x{shape[1]}; "
            "leave the image out or resize the mask."
        )
    return mask


def _segments(label: tuple, shape: tuple[int, int]) -> np.ndarray:
    classes = np.zeros(shape, np.uint8)
    for number, polygon in label:
        classes[draw_polygons([polygon], shape)] = number
    return classes

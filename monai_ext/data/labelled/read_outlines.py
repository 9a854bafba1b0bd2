# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy import ndarray

from ..records import Box, Record
from .label_source import label_source
from .read_image import read_image

__all__ = ["read_outlines"]

_POINTS = 32
_ANGLES = 2 * np.pi * np.arange(_POINTS) / _POINTS
_ON_CIRCLE = (1 + np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)) / 2
"""Points on a circle in the unit square; its four extreme points are among them, exact to the last bit."""
_MIN_SIDE = 1.0
_SAME = 2.0  # boxes are the same if they are after rounding to 1 / _SAME px


def read_outlines(item: Mapping[str, Any], min_size: int = 1) -> tuple[ndarray, list[ndarray], list[str]]:
    """An image and the outlines of its lesions, of which bad ones are dropped.

    A polygon is an outline as it is, a box becomes the ellipse in it. What of an outline lies outside of the image is moved to its border, so that the box around it is
    the box clipped. An outline is dropped if a coordinate is not finite, if the box around it has less than 1 px a side in the image (a lesion
    outside, or without an area), or if it is that of an earlier one, equal after rounding to half pixels. An image without lesions is an answer; one that loses
    all its outlines would be a wrong one.

    Args:
        item: `image`, the path of an image or DICOM file; `label`, the image's `Record`; of a cine `frame`, to which the boxes belong, counted from 0: without it the one
            of strongest contrast.
        min_size: shortest side in pixels that the image may have.

    Returns:
        Image (height, width), uint8; outlines, each (points, 2), float64, (x, y) in pixels, x along columns, pixel (0, 0) covers 0..1; and why each other one was
        dropped, with its file.

    Raises:
        ImportError: if the image is DICOM and what reads that is missing.
        OSError: if the image has gone or the system is at fault.
        ValueError: if it is broken or too small, there is no such frame, its record has no boxes, or none of these can be used.
    """
    shapes = _shapes(item)
    image = read_image(item["image"], min_size, frame=item.get("frame"))
    outlines: dict[tuple, ndarray] = {}
    dropped = []
    for shape in shapes:
        outline = np.clip(shape, 0, image.shape[::-1])
        box = np.concatenate([outline.min(0), outline.max(0)])
        key = tuple(np.round(box * _SAME))
        if not np.isfinite(shape).all() or (box[2:] - box[:2]).min() < _MIN_SIDE:
            dropped.append(_told(item, shape, f"at least {_MIN_SIDE:g} px a side within the image", "it is dropped"))
        elif key in outlines:
            dropped.append(_told(item, shape, "there once", "it counts once"))
        else:
            outlines[key] = outline
    if shapes and not outlines:
        raise ValueError(
            f"one box of '{item['image']}' at least must be usable, got none of {len(shapes)}: {dropped[0]}"
        )
    return image, list(outlines.values()), dropped


def _shapes(item: Mapping[str, Any]) -> list[ndarray]:
    record = item.get("label")
    name = label_source(record, "boxes") if isinstance(record, Record) else None
    if name is None:
        has = ", ".join(map(repr, getattr(record, "labels", ()))) or "none"
        raise ValueError(f"'{item['image']}' must have the label 'boxes', got {has}; leave the image out.")
    return [_ellipse(shape) if isinstance(shape, Box) else np.array(shape, float) for shape in record.labels[name]]


def _ellipse(box: Box) -> ndarray:
    """The ellipse in a box; a weighted sum of the edges, so that the box around it is the box exactly."""
    return (1 - _ON_CIRCLE) * [box.x0, box.y0] + _ON_CIRCLE * [box.x1, box.y1]


def _told(item: Mapping[str, Any], shape: ndarray, rule: str, done: str) -> str:
    edges = " ".join(f"{edge:g}" for edge in (*shape.min(0), *shape.max(0)))
    return f"a box of '{item['image']}' must be {rule}, got {edges}; {done}."

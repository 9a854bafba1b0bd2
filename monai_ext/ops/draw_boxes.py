# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["draw_boxes"]

_COLOR = (255, 200, 20)  # a yellow, which no angiogram has
_HALO = (0, 0, 0)
_SIDE = 512  # pixels a side for each pixel of the line's width
_FONT = 15  # pixels high for each pixel of the line's width


def draw_boxes(image: np.ndarray, boxes: np.ndarray, notes: Sequence[str]) -> np.ndarray:
    """An angiogram with boxes, each with a note above it, or below where the image ends.

    Args:
        image: (height, width), grey values in [0, 1], what lies outside is cut; or (height, width, 3), uint8, a picture with other things
            drawn on it.
        boxes: (n, 4), x0 y0 x1 y1 in pixels; the line lies on the pixels just inside.
        notes: one a box.

    Returns:
        (height, width, 3), uint8.

    Raises:
        ValueError: if there is not one note a box.
    """
    if len(boxes) != len(notes):
        raise ValueError(f"every box must have a note, got {len(boxes)} boxes and {len(notes)} notes.")
    picture = Image.fromarray(
        image if image.ndim == 3 else np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    ).convert("RGB")
    pen, line = ImageDraw.Draw(picture), max(1, round(max(picture.size) / _SIDE))
    font = ImageFont.load_default(_FONT * line)
    for box, note in reversed(list(zip(boxes.tolist(), notes, strict=True))):  # the first lies on top
        left, top, right, bottom = _pixels(box)
        pen.rectangle((left - line, top - line, right + line, bottom + line), outline=_HALO, width=line)
        pen.rectangle((left, top, right, bottom), outline=_COLOR, width=line)
        pen.text(
            _place(pen, font, note, (left, top, bottom), picture.size, 2 * line),
            note,
            _COLOR,
            font,
            stroke_width=line,
            stroke_fill=_HALO,
        )
    return np.asarray(picture)


def _pixels(box: Sequence[float]) -> tuple[int, int, int, int]:
    """First and last column and row that the box covers."""
    left, top = (math.floor(value) for value in box[:2])
    return left, top, max(left, math.ceil(box[2]) - 1), max(top, math.ceil(box[3]) - 1)


def _place(
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont,
    note: str,
    sides: tuple[int, int, int],
    size: tuple[int, int],
    gap: int,
) -> tuple[int, int]:
    """Left upper corner of the note, so that all of it is seen."""
    left, top, bottom = sides
    width, height = pen.textbbox((0, 0), note, font)[2:]
    above, below = top - gap - height, bottom + gap
    row = above if above >= 0 else min(below, size[1] - height - gap)
    return max(gap, min(left, size[0] - width - gap)), max(0, row)

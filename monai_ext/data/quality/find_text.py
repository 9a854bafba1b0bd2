# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.sparse.csgraph import connected_components

from .check_frame import check_frame
from .square_opening import square_opening

__all__ = ["find_text"]

Box = tuple[int, int, int, int]

# Chosen on text drawn into real angiograms; lengths in pixels of a long side of about _SIDE.
_SIDE = 512
_WINDOW = 8  # strokes are narrower
_CONTRAST = 32  # of strokes to all around them, grey levels
_WHITE = 190  # strokes are at least as bright
_BLACK = 60  # or at most as bright
_LOWEST, _HIGHEST = 6, 42  # characters
_BROADEST = 2.5  # heights, of two touching characters
_FILLED = 0.85  # of a character's box, unless it is as slim as an I
_FEWEST = 3  # characters of a row
_MOST = 600  # components compared with each other: angiograms have a few dozen, noise may have any number
_NEIGHBOURS = np.ones((3, 3), bool)


def find_text(frame: np.ndarray) -> list[Box]:
    """Rows of burned-in characters: a frame with any may carry a patient's name.

    1. Strokes are nearly white or nearly black and differ by 32 grey levels from an opening or closing by 8 px, so that broad areas and edges are none.
    2. Strokes that hang together by 8 neighbours are characters if they are 6 to 42 px high and neither very broad nor a filled box.
    3. Characters of the same top and bottom that stand less than 1.2 heights apart form a row; rows of three are text.

    Lengths are for a long side of 512 px; frames of at least twice that are reduced first.

    Args:
        frame: (rows, columns), uint8.

    Returns:
        Boxes x0, y0, x1, y1 in pixels, x1 and y1 exclusive, from top to bottom; small letters that reach out of a row's common height are cut off.

    Raises:
        TypeError: if the frame is not uint8.
        ValueError: if it has another shape, or no pixels.
    """
    check_frame(frame)
    factor = max(1, max(frame.shape) // _SIDE)
    reduced = np.asarray(Image.fromarray(np.ascontiguousarray(frame)).reduce(factor))
    found = [box for inverted in (False, True) for box in _rows(_characters(_strokes(reduced, inverted)))]
    rows, columns = frame.shape
    boxes = [(x0 * factor, y0 * factor, min(x1 * factor, columns), min(y1 * factor, rows)) for x0, y0, x1, y1 in found]
    return sorted(boxes, key=lambda box: (box[1], box[0]))


def _strokes(frame: np.ndarray, inverted: bool) -> np.ndarray:
    """Thin and nearly white, or nearly black if inverted: bool."""
    frame = ~frame if inverted else frame
    bright = frame >= (255 - _BLACK if inverted else _WHITE)
    if not bright.any():
        return bright
    return bright & (frame - square_opening(frame, _WINDOW) >= _CONTRAST)


def _characters(strokes: np.ndarray) -> np.ndarray:
    """(n, 4), int: x0, y0, x1, y1 of components that may be characters."""
    if not strokes.any():
        return np.empty((0, 4), int)
    used = np.flatnonzero(ndimage.binary_dilation(strokes.any(1)))  # most rows are empty, and labelling them takes long
    labels, count = ndimage.label(strokes[used], _NEIGHBOURS)
    boxes = np.array([(x.start, used[y.start], x.stop, used[y.stop - 1] + 1) for y, x in ndimage.find_objects(labels)])
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    filled = np.bincount(labels.ravel(), minlength=count + 1)[1:] / (width * height)
    drawn = (filled <= _FILLED) | (width <= 0.5 * height)
    return boxes[drawn & (height >= _LOWEST) & (height <= _HIGHEST) & (width <= _BROADEST * height)][:_MOST]


def _rows(characters: np.ndarray) -> list[Box]:
    if len(characters) < _FEWEST:
        return []
    x0, y0, x1, y1 = characters.T
    height = y1 - y0
    least = np.minimum(height[:, None], height)
    slack = np.maximum(1, 0.12 * least)
    level = (abs(y0[:, None] - y0) <= slack) & (abs(y1[:, None] - y1) <= slack)
    gap = np.maximum(x0[:, None], x0) - np.minimum(x1[:, None], x1)
    _, row = connected_components(level & (gap <= 1.2 * least), directed=False)
    rows = [characters[row == i] for i in np.flatnonzero(np.bincount(row) >= _FEWEST)]
    return [(int(r[:, 0].min()), int(r[:, 1].min()), int(r[:, 2].max()), int(r[:, 3].max())) for r in rows]

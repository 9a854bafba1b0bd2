# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from measure_angiogram import GROUPS, group_of
from numpy import ndarray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import binary_erosion

__all__ = ["draw_sheet"]

_CELL, _GAP, _HEAD, _COLUMNS, _ROWS = 400, 4, 44, 3, 4
_RGB = ((255, 90, 90), (255, 190, 60), (120, 230, 90), (80, 200, 255), (225, 130, 255))
_COLOURS = dict(zip(GROUPS, _RGB, strict=True))
Case = tuple[ndarray, Mapping[str, ndarray]]


def draw_sheet(real: Sequence[Case], phantom: Sequence[Case], *, outlines: bool = False) -> Image.Image:
    """Twelve real images to the left, twelve synthetic ones to the right.

    Args:
        real: images (rows, columns), uint8, with their masks by segment.
        phantom: the same.
        outlines: whether the masks' borders are drawn, a colour for each group of segments.
    """
    width = _COLUMNS * (_CELL + _GAP)
    sheet = Image.new("RGB", (2 * width + 6 * _GAP, _HEAD + _ROWS * (_CELL + _GAP)), "white")
    for left, title, cases in ((0, "real", real), (width + 6 * _GAP, "synthetic", phantom)):
        _write(sheet, left + 6, title, "black")
        for k, case in enumerate(cases[: _ROWS * _COLUMNS]):
            corner = left + k % _COLUMNS * (_CELL + _GAP), _HEAD + k // _COLUMNS * (_CELL + _GAP)
            sheet.paste(_cell(*case, outlines), corner)
    if outlines:
        for k, (name, colour) in enumerate(_COLOURS.items()):
            _write(sheet, 180 + 190 * k, name, tuple(int(0.75 * value) for value in colour))
    return sheet


def _write(sheet: Image.Image, left: int, text: str, colour) -> None:
    ImageDraw.Draw(sheet).text((left, 6), text, fill=colour, font=ImageFont.load_default(26))


def _cell(image: ndarray, masks: Mapping[str, ndarray], outlines: bool) -> Image.Image:
    shown = np.repeat(image[:, :, None], 3, axis=2)
    for name, mask in masks.items() if outlines else ():
        shown[mask & ~binary_erosion(mask)] = _COLOURS[group_of(name)]
    return Image.fromarray(shown).resize((_CELL, _CELL), Image.Resampling.LANCZOS)

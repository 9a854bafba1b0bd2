# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import io
from html import escape

import numpy as np
from numpy import ndarray
from PIL import Image

from .angiogram import Angiogram, Stenosis
from .outline_mask import outline_mask
from .segments import SEGMENTS

__all__ = ["picture_card"]

_SIDE = 320  # pixels of the picture; sharp at the size it is shown, and 48 make a page of about a megabyte


def picture_card(angiogram: Angiogram, index: int) -> str:
    """An angiogram without and with its labels and a caption, as a piece of HTML for `contact_sheet`, which has the colours."""
    size = len(angiogram.image)
    data = base64.b64encode(_jpeg(angiogram)).decode("ascii")
    picture = f'<image id="i{index}" width="{size}" height="{size}" href="data:image/jpeg;base64,{data}"/>'
    lesions = "".join(_lesion(stenosis, size) for stenosis in angiogram.stenoses)
    labels = f'<use href="#i{index}"/>{_segments(angiogram)}{lesions}'
    pair = _drawing(size, f"angiogram {index}", picture) + _drawing(size, f"labels of angiogram {index}", labels)
    return f'<figure><div class="pair">{pair}</div>{_caption(angiogram, index)}</figure>'


def _jpeg(angiogram: Angiogram) -> bytes:
    grey = Image.fromarray((angiogram.image >> (angiogram.bits - 8)).astype(np.uint8))
    grey.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    file = io.BytesIO()
    grey.save(file, format="JPEG", quality=82)
    return file.getvalue()


def _drawing(size: int, label: str, inner: str) -> str:
    return f'<svg viewBox="0 0 {size} {size}" role="img" aria-label="{escape(label)}">{inner}</svg>'


def _seen(angiogram: Angiogram) -> list[tuple[int, str, str]]:
    """Id, name and classes of each segment in sight."""
    numbers = [int(number) for number in np.unique(angiogram.segments) if number]
    names = [SEGMENTS[number - 1] for number in numbers]
    return [
        (i, name, f"s{i}" if name in angiogram.judged else f"s{i} extra")
        for i, name in zip(numbers, names, strict=True)
    ]


def _segments(angiogram: Angiogram) -> str:
    return "".join(
        f'<path class="{classes}" d="{_path(angiogram.segments == number)}"><title>segment {escape(name)}</title></path>'
        for number, name, classes in _seen(angiogram)
    )


def _path(mask: ndarray) -> str:
    rings = (" ".join(f"{x:g},{y:g}" for x, y in np.round(ring, 1)) for ring in outline_mask(mask))
    return "".join(f"M{ring}Z" for ring in rings)


def _lesion(stenosis: Stenosis, size: int) -> str:
    """A frame with some air around the narrowing, and its name above it, or below it at the upper border."""
    air, letter = 0.015 * size, 0.042 * size
    x0, y0, x1, y1 = np.clip(np.add(stenosis.box, (-air, -air, air, air)), 1, size - 1)
    row = y0 - 0.3 * letter if y0 > 1.3 * letter else y1 + letter
    column = np.clip((x0 + x1) / 2, 2.5 * letter, size - 2.5 * letter)
    return (
        f'<rect class="lesion" x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0:.1f}" height="{y1 - y0:.1f}"/>'
        f'<text x="{column:.1f}" y="{row:.1f}" font-size="{letter:.1f}">{escape(_lesion_name(stenosis))}</text>'
    )


def _lesion_name(stenosis: Stenosis) -> str:
    return f"{stenosis.segment}: {stenosis.reduction:.0f} %"


def _caption(angiogram: Angiogram, index: int) -> str:
    lao, cranial = round(angiogram.primary_angle), round(angiogram.secondary_angle)
    view = f"{'RAO' if lao < 0 else 'LAO'} {abs(lao)}° {'CAU' if cranial < 0 else 'CRA'} {abs(cranial)}°"
    artery = f"{angiogram.side} artery, {angiogram.dominance} dominant, {angiogram.time:.1f}\u00a0s"
    chips = "".join(f'<span class="chip {classes}">{escape(name)}</span>' for _, name, classes in _seen(angiogram))
    lesions = ", ".join(map(_lesion_name, angiogram.stenoses)) or "none"
    return (
        f"<figcaption><b>{index}</b> <strong>{escape(view)}</strong> {escape(artery)}<br>"
        f"segments {chips or 'none'}<br>stenoses {escape(lesions)}</figcaption>"
    )

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import io

import numpy as np
from numpy import ndarray
from PIL import Image

from monai_ext.phantom import outline_mask

from .html_text import html_name, html_text
from .sheet import Card

__all__ = ["card_figure"]

_SIDE = 160  # pixels of a picture's longer side: 200 pairs with outlines stay below 5 MB
_MAP_SIDE = 320  # of a vessel map, before its outline is taken: thin vessels stay in one piece


def card_figure(card: Card) -> str:
    """One picture of a contact sheet, or a pair, as HTML with the pixels inside."""
    pictures, captions = _picture(card.picture, card.caption, card.vessels), f"<span>{html_name(card.caption)}</span>"
    if card.twin is not None:
        pictures += _picture(card.twin, card.twin_caption)
        captions += f"<span>{html_name(card.twin_caption)}</span>"
    return f"<figure><div>{pictures}</div><figcaption>{captions}</figcaption></figure>"


def _picture(picture: ndarray, caption: str, vessels: ndarray | None = None) -> str:
    data = base64.b64encode(_jpeg(picture)).decode("ascii")
    image = f'<img loading="lazy" alt="{html_text(caption) or "its twin"}" src="data:image/jpeg;base64,{data}">'
    return f'<div class="picture">{image}{"" if vessels is None else _outline(vessels)}</div>'


def _jpeg(picture: ndarray) -> bytes:
    grey = Image.fromarray(picture)
    grey.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    grey.save(file, format="JPEG", quality=80, optimize=True)
    return file.getvalue()


def _outline(vessels: ndarray) -> str:
    """In steps of half a pixel, relative to the point before: a few characters a point."""
    grey = Image.fromarray(vessels.astype(np.uint8) * 255)
    grey.thumbnail((_MAP_SIDE, _MAP_SIDE), Image.Resampling.BOX)
    rings = (np.rint(2 * ring).astype(int) for ring in outline_mask(np.asarray(grey) >= 128))
    steps = (np.diff(ring, axis=0, prepend=0) for ring in rings)
    ways = ("M{} l{}z".format("{} {}".format(*ring[0]), " ".join(f"{x} {y}" for x, y in ring[1:])) for ring in steps)
    return f'<svg viewBox="0 0 {2 * grey.width} {2 * grey.height}" aria-hidden="true"><path d="{"".join(ways)}"/></svg>'

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from monai_ext.ops import Lesion, VesselPath, atomic_file, class_color

from .cine_result import CineResult

__all__ = ["write_viewer"]

_QUALITY = 85  # of the frames' JPEG; what is measured was measured before
_EVERY = 2  # point of a centreline is kept
_MOST = 60000  # steps into which coordinates and lengths are divided


def write_viewer(result: CineResult, path: str | os.PathLike[str]) -> None:
    """One page that shows all of a result in any browser: plays the cine, draws masks and boxes, and charts the diameters of vessels.

    The file holds everything, 30 to 60 kB a frame of 512 px, loads nothing and sends nothing: its content security policy allows its own script and style only, by
    their hashes. Names of files and classes are shown as text and never become markup. `#frame=31` after its address begins with that frame.

    Args:
        result: to show.
        path: of the file, HTML.

    Raises:
        OSError: if it cannot be written.

    References:
        W3C, Content Security Policy Level 3, 6.7.3 (hashes of inline scripts).
    """
    style, script = _part("css"), _part("js")
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    parts = {
        "POLICY": policy,
        "TITLE": escape(result.name),
        "STYLE": style,
        "DATA": _json(_content(result)),
        "SCRIPT": script,
    }
    page = re.sub(
        "__([A-Z]+)__", lambda place: parts[place[1]], _part("html")
    )  # at once: nothing inside a part is a place
    with atomic_file(path) as temporary:
        temporary.write_bytes(page.encode("utf-8", "replace"))


def _part(kind: str) -> str:
    return (Path(__file__).parent / f"viewer.{kind}").read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(content: Any) -> str:
    """JSON in which nothing ends the element that holds it, nor begins a comment."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _content(result: CineResult) -> dict[str, Any]:
    vessels = [vessel for frame in result.vessel_paths for _, vessel in frame]
    longest, widest = (max((float(values.max()) for values in each), default=1.0) for each in _lengths(vessels))
    steps = {
        "point": (max(result.frames.shape[1:]) + 2) / _MOST,
        "distance": longest / _MOST,
        "diameter": widest / _MOST,
    }
    area = [0] * len(result.frames) if result.masks is None else np.count_nonzero(result.masks, axis=(1, 2)).tolist()
    return {
        "name": result.name,
        "algorithm": f"{result.algorithm.name} {result.algorithm.version}",
        "weights": result.algorithm.weights,
        "height": result.frames.shape[1],
        "width": result.frames.shape[2],
        "frameTime": result.frame_time,
        "numbers": [int(number) for number in result.numbers],
        "first": _first(result, area),
        "spacing": result.spacing and [float(step) for step in result.spacing],
        "unit": "mm" if result.spacing else "px",
        "origin": result.spacing_origin or "given",
        "classes": _classes(result),
        "masks": result.masks is not None,
        "boxes": result.boxes is not None,
        "area": area,
        "usual": _usual(result),
        "widest": widest,
        "steps": steps,
        "lesions": [_lesion(lesion) for lesion in result.lesions],
        "frames": _frames(result, steps),
    }


def _lengths(vessels: Sequence[VesselPath]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [vessel.distance for vessel in vessels], [vessel.diameter for vessel in vessels]


def _usual(result: CineResult) -> float:
    """Length of a frame's longest vessel, for axes that stay while the cine plays."""
    return float(
        np.median([max(way.distance[-1] for _, way in frame) for frame in result.vessel_paths if frame] or [1.0])
    )


def _first(result: CineResult, area: Sequence[int]) -> int:
    """Where the page begins: at the surest lesion, else where most is seen."""
    if result.lesions:
        surest = max(result.lesions, key=lambda lesion: float(lesion.scores.max()))
        return list(result.numbers).index(surest.frames[surest.best])
    return int(np.argmax(area))


def _classes(result: CineResult) -> list[dict[str, Any]]:
    count = 0 if result.masks is None else int(result.masks.max(initial=0))
    names = [*result.class_names, *(f"class {number}" for number in range(len(result.class_names) + 1, count + 1))]
    return [{"name": name, "color": class_color(number)} for number, name in enumerate(names, 1)]


def _lesion(lesion: Lesion) -> dict[str, Any]:
    best = lesion.best
    return {
        "first": lesion.frames[0],
        "last": lesion.frames[-1],
        "best": lesion.frames[best],
        "score": float(lesion.scores[best]),
    }


def _frames(result: CineResult, steps: dict[str, float]) -> list[dict[str, Any]]:
    return [
        {
            "image": _url(Image.fromarray(frame), "jpeg", quality=_QUALITY),
            "mask": None if result.masks is None else _url(_indexed(result.masks[place]), "png", optimize=True),
            "boxes": _boxes(result, place),
            "paths": [[number, *_packed(vessel, steps)] for number, vessel in result.vessel_paths[place]],
        }
        for place, frame in enumerate(result.frames)
    ]


def _url(image: Image.Image, kind: str, **options: Any) -> str:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


def _indexed(mask: np.ndarray) -> Image.Image:
    """A PNG of few bits a pixel, whose colours are the class numbers, so that the page reads them back."""
    image = Image.fromarray(mask, "P")
    image.putpalette([number for number in range(int(mask.max(initial=0)) + 1) for _ in range(3)])
    return image


def _boxes(result: CineResult, place: int) -> list[list[float]]:
    """x0 y0 x1 y1, score, number of the lesion from 1, or 0."""
    if result.boxes is None or result.scores is None:
        return []
    frame, lesions = result.numbers[place], {}
    for number, lesion in enumerate(result.lesions, 1):
        if frame in lesion.frames:
            lesions[tuple(lesion.boxes[lesion.frames.index(frame)].tolist())] = number
    found = zip(result.boxes[place].tolist(), result.scores[place].tolist(), strict=True)
    return [[*(round(side, 2) for side in box), round(score, 4), lesions.get(tuple(box), 0)] for box, score in found]


def _packed(vessel: VesselPath, steps: dict[str, float]) -> tuple[int, str]:
    """Position of the narrowest point, the mean diameter, and row, column, distance and diameter of every second point, in steps, 16 bits each."""
    kept = sorted({*range(0, len(vessel.points), _EVERY), len(vessel.points) - 1, vessel.narrowest})
    columns = (
        *((vessel.points.T + 1) / steps["point"]),
        vessel.distance / steps["distance"],
        vessel.diameter / steps["diameter"],
    )
    packed = np.rint(np.stack(columns, axis=1)[kept]).astype("<u2").tobytes()
    return kept.index(vessel.narrowest), round(vessel.mean_diameter, 3), base64.b64encode(packed).decode()

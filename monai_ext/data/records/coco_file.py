# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from .read_text import read_text

__all__ = ["CocoFile"]

_BAD_ROW = (AttributeError, KeyError, TypeError, ValueError)

_Polygon = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class CocoFile:
    """Polygons of a COCO file by image. Annotations belong to an image by their `image_id`; their own ids are not trusted to be unique."""

    shapes: dict[str, list[tuple[str, _Polygon]]]
    """Name of the category and polygon, by file name of the image without its folders; images without any have an empty list."""
    problems: Counter[str] = field(default_factory=Counter)
    """Rows that are left out, by reason."""
    incomplete: set[str | None] = field(default_factory=set)
    """Names of the images that annotations which are left out belong to."""

    @classmethod
    def read(cls, path: Path) -> CocoFile:
        """Reads a file.

        Raises:
            ValueError: if it is no COCO file.
            OSError: if it cannot be read.
        """
        try:
            content = json.loads(read_text(path))
            images, categories, annotations = (_rows(content, key) for key in ("images", "categories", "annotations"))
        except (*_BAD_ROW, RecursionError) as error:
            raise ValueError(f"'{path}' cannot be read as COCO annotations ({error}); copy it again.") from error
        coco = cls({})
        names = coco._images(images)
        categories = {row["id"]: row["name"] for row in categories if _has(row, "id", "name")}
        for row in annotations:
            coco._add(row, names, categories)
        return coco

    def _images(self, rows: list[Any]) -> dict[Any, str]:
        """File names by image id. An id of two files would hand one the polygons of the other, so it names none."""
        names = defaultdict(set)
        for row in rows:
            if not (_has(row, "id", "file_name") and isinstance(row["file_name"], str)):
                self.problems["images without id or file_name"] += 1
                continue
            name = PurePosixPath(row["file_name"].replace("\\", "/")).name
            self.shapes.setdefault(name, [])
            names[row["id"]].add(name)
        for shared in (files for files in names.values() if len(files) > 1):
            self.problems["image ids of several images, whose annotations are left out"] += 1
            for name in shared:
                self.shapes.pop(name, None)
        return {key: next(iter(files)) for key, files in names.items() if len(files) == 1}

    def _add(self, row: Any, names: dict[Any, str], categories: dict[Any, str]) -> None:
        name, problem = None, "annotations of an image or a category that is not there"
        try:
            name = names[row["image_id"]]
            shapes, category = self.shapes[name], str(categories[row["category_id"]])
            problem = "annotations that are no polygons of at least 3 points"
            shapes += [(category, polygon) for polygon in [_polygon(line) for line in _lines(row)]]
        except _BAD_ROW:
            self.problems[problem] += 1
            self.incomplete.add(name)


def _rows(content: dict[str, Any], key: str) -> list[Any]:
    if not isinstance(content[key], list):
        raise TypeError(f"'{key}' is no list")
    return content[key]


def _has(row: Any, *keys: str) -> bool:
    """Whether a row has values that can name something."""
    return isinstance(row, dict) and all(isinstance(row.get(key), (int, str)) for key in keys)


def _lines(row: dict[str, Any]) -> list[Any]:
    lines = row["segmentation"]
    if not isinstance(lines, list) or not lines:  # run-length codes are a dict
        raise TypeError
    return lines


def _polygon(line: list[float]) -> _Polygon:
    numbers = [float(number) for number in line]
    if len(numbers) < 6 or len(numbers) % 2 or not all(map(math.isfinite, numbers)):
        raise ValueError
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from monai_ext.ops import atomic_file

from .angiogram import Angiogram
from .outline_mask import outline_mask
from .segments import SEGMENTS
from .settings import PhantomSettings
from .write_png import write_png

__all__ = ["ArcadeWriter"]

_CATEGORIES = (*SEGMENTS, "stenosis")
_STENOSIS = len(_CATEGORIES)

_Shape = tuple[int, list[ndarray]]
"""Category id and polygons of an annotation."""


class ArcadeWriter:
    """Angiograms in the layout of the ARCADE data set, for code that reads ARCADE.

    `TASK/SPLIT/images/N.png`, N from 1, and `TASK/SPLIT/annotations/SPLIT.json` (COCO), TASK is `syntax` (all images; segments, categories 1 to 25)
    and `stenosis` (those that show one; category 26). `info` of the JSON tells which phantom an image is: image `i` has `info.indices[i - 1]`.
    Unlike ARCADE's, annotation ids are unique, and a segment in several pieces is one annotation with several polygons.

    Args:
        settings: of the phantoms.
        seed: of the phantoms.
        split: name of the folder: train, val or test.
        judged_only: outline only the segments that the view is taken for, as ARCADE's experts did; or all.

    Raises:
        ValueError: if the phantoms have more than the 8 bits of ARCADE.

    References:
        Popov, M. et al. Dataset for automatic region-based coronary artery disease diagnostics using X-ray angiography images. Sci Data 11 (2024).
    """

    def __init__(self, settings: PhantomSettings, seed: int, *, split: str = "train", judged_only: bool = True) -> None:
        if settings.bits != 8:
            raise ValueError(f"bits must be 8 in ARCADE's layout, got {settings.bits}; choose another format for more.")
        self.seed, self.split, self.judged_only = seed, split, judged_only

    def write(self, folder: Path, index: int, angiogram: Angiogram) -> dict[str, Any]:
        """Writes one image, under a name that lasts until `finish`.

        Args:
            folder: of the data set.
            index: of the phantom.
            angiogram: to write.

        Returns:
            What `finish` needs of it.
        """
        write_png(self._images(folder, "syntax") / _unfinished(index), angiogram.image)
        return {
            "index": index,
            "size": len(angiogram.image),
            "syntax": self._segments(angiogram),
            "stenosis": [(_STENOSIS, [line]) for line in _stenoses(angiogram)],
        }

    def finish(self, folder: Path, records: Iterable[dict[str, Any]]) -> None:
        """Gives all images their number and writes the annotations.

        Args:
            folder: of the data set.
            records: what `write` returned, in the order of the numbers.
        """
        records = list(records)
        diseased = [record for record in records if record["stenosis"]]
        source = self._images(folder, "syntax")
        target = self._images(folder, "stenosis")
        target.mkdir(parents=True)
        for number, record in enumerate(diseased, 1):
            shutil.copyfile(source / _unfinished(record["index"]), target / f"{number}.png")
        for number, record in enumerate(records, 1):
            (source / _unfinished(record["index"])).rename(source / f"{number}.png")
        self._annotate(folder, "syntax", records)
        self._annotate(folder, "stenosis", diseased)

    def _images(self, folder: Path, task: str) -> Path:
        return folder / task / self.split / "images"

    def _segments(self, angiogram: Angiogram) -> list[_Shape]:
        names = angiogram.judged if self.judged_only else SEGMENTS
        masks = ((number, angiogram.segments == number) for number, name in enumerate(SEGMENTS, 1) if name in names)
        return [(number, outline_mask(mask)) for number, mask in masks if mask.any()]

    def _annotate(self, folder: Path, task: str, records: list[dict[str, Any]]) -> None:
        shapes = ((image, *shape) for image, record in enumerate(records, 1) for shape in record[task])
        content = {
            "licenses": [],
            "info": {
                "description": "synthetic angiograms of monai_ext.phantom in the layout of ARCADE",
                "seed": self.seed,
                "indices": [record["index"] for record in records],
            },
            "categories": [{"id": i, "name": name, "supercategory": ""} for i, name in enumerate(_CATEGORIES, 1)],
            "images": [_image(number, record["size"]) for number, record in enumerate(records, 1)],
            "annotations": [_annotation(number, *shape) for number, shape in enumerate(shapes, 1)],
        }
        with atomic_file(folder / task / self.split / "annotations" / f"{self.split}.json") as temporary:
            temporary.write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")


def _unfinished(index: int) -> str:
    return f"phantom-{index}.png"


def _stenoses(angiogram: Angiogram) -> list[ndarray]:
    """Outlines within the image, of those that have something there."""
    lines = [np.round(np.clip(item.polygon, 0, len(angiogram.image)), 2) for item in angiogram.stenoses]
    return [line for line in lines if _area(line) > 0]


def _image(number: int, size: int) -> dict[str, Any]:
    return {
        "id": number,
        "width": size,
        "height": size,
        "file_name": f"{number}.png",
        "license": 0,
        "flickr_url": "",
        "coco_url": "",
        "date_captured": 0,
    }


def _annotation(number: int, image: int, category: int, polygons: list[ndarray]) -> dict[str, Any]:
    points = np.concatenate(polygons)
    corner = points.min(0)
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "segmentation": [polygon.ravel().tolist() for polygon in polygons],
        "area": round(sum(map(_area, polygons)), 2),
        "bbox": np.round([*corner, *(points.max(0) - corner)], 2).tolist(),
        "iscrowd": 0,
        "attributes": {"occluded": False},
    }


def _area(polygon: ndarray) -> float:
    """Of a polygon by the shoelace formula."""
    x, y = polygon.T
    return abs(float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())) / 2

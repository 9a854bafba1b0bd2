# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from ..open_image import open_image
from ..records import Record, read_label
from .label_source import label_source
from .read_image import read_image

__all__ = ["read_labelled"]


def read_labelled(item: Mapping[str, Any], label: str, classes: int, min_size: int = 1) -> tuple[ndarray, ndarray]:
    """An image and its label.

    Args:
        item: `image`, the path of an image or DICOM file; `label`, the image's `Record` or the path of a mask file; of a cine `frame`, which is labelled, counted
            from 0: without it the one of strongest contrast.
        label: what of a record: "vessels", "segments" or "stenoses".
        classes: 1, where a mask file is read as `read_mask` does; or the number of classes, which a mask file holds as values from 1.
        min_size: shortest side in pixels that the image may have.

    Returns:
        Image (height, width), uint8; label (height, width), uint8, 0 for background.

    Raises:
        ImportError: if the image is DICOM and what reads that is missing.
        OSError: if the image or mask has gone or the system is at fault.
        ValueError: if one is broken, there is no such frame, the image is too small, they differ in size, there is no label, a class is out of range, or the label is empty where it must not be:
            an image without a stenosis there may be, one without vessels is a mistake.
    """
    image = read_image(item["image"], min_size, frame=item.get("frame"))
    values = _read(_record(item), label, image.shape, classes)
    if values.max(initial=0) > classes:
        raise ValueError(
            f"the label of '{item['image']}' must hold classes from 0 to {classes}, got {values.max()}; check its values or the task."
        )
    if label != "stenoses" and not values.any():
        raise ValueError(f"the label of '{item['image']}' must not be empty; draw it or leave the image out.")
    return image, values


def _record(item: Mapping[str, Any]) -> Record:
    label = item.get("label")
    if isinstance(label, Record):
        return label
    return Record(Path(item["image"]), "masks", labels={"vessels": label} if label else {})


def _read(record: Record, label: str, shape: tuple[int, int], classes: int) -> ndarray:
    name = label_source(record, label)
    if name is None:
        has = ", ".join(map(repr, record.labels)) or "none"
        raise ValueError(f"'{record.path}' must have the label '{label}', got {has}; leave the image out.")
    values = record.labels[name]
    if isinstance(values, (str, os.PathLike)) and (classes > 1 or name == "segment_map"):
        return _class_file(values, shape)
    return read_label(record, "vessels" if label == "vessels" else name, shape).astype(np.uint8)


def _class_file(path: str | os.PathLike[str], shape: tuple[int, int]) -> ndarray:
    try:
        with open_image(path) as image:
            values = np.asarray(image if image.mode in ("P", "L", "I", "I;16") else image.convert("L"))
    except FileNotFoundError:
        raise
    except Exception as error:  # decoders raise about ten kinds on broken files
        raise ValueError(f"'{path}' cannot be read as a map of classes ({error}); copy it again.") from error
    if values.shape != tuple(shape):
        raise ValueError(
            f"the mask '{path}' must have the size of its image, got {values.shape[0]}x{values.shape[1]} and {shape[0]}x{shape[1]}; "
            "leave the image out or resize the mask."
        )
    return np.clip(values, 0, 255).astype(np.uint8)

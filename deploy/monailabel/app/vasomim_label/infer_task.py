# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from monailabel.interfaces.tasks.infer_v2 import InferType
from monailabel.tasks.infer.bundle import BundleInferTask
from monailabel.utils.others.generic import device_list
from torch import Tensor

from monai_ext.data.records.is_dicom import is_dicom
from monai_ext.data.strongest_frame import strongest_frame

from .checked_request import checked_request, choice, flag, number, whole, word
from .slicer_grid import SlicerGrid
from .write_mask import MASK_FILES, write_mask

__all__ = ["AngiogramInferTask", "known_devices"]

_KEPT = ("model", "image", "description")


def known_devices() -> list[str]:
    """Names of devices that a request may hold."""
    return [*device_list(), "cpu", "cuda", *(f"cuda:{number}" for number in range(8))]


class AngiogramInferTask(BundleInferTask):
    """A bundle's inference as MONAI Label runs it, on images and DICOM files, of a cine on one frame.

    Further fields of a request: `frame`, counted from 0, without it the one of strongest contrast; of detection `score_threshold`, 0 to 1. The answer tells the
    frame, and of detection also `boxes` in pixels and `scores`. It is valid if the bundle has weights.

    Args:
        bundle: its folder.
        conf: of the server.
    """

    def __init__(self, bundle: str, conf: Mapping[str, str]) -> None:
        super().__init__(bundle, conf, load_strict=True, add_post_restore=False)

    def __call__(self, request: Mapping[str, Any], callbacks: Mapping | None = None) -> tuple[str | None, dict]:
        """Result file and answer for one angiogram.

        Args:
            request: `image`, the path of its file, and fields as said above.
            callbacks: see `BasicInferTask`.

        Raises:
            FileNotFoundError, ImportError, ValueError: if a field is wrong, or the file cannot be read or has no such frame.
        """
        checked = checked_request(request, self._rules()) | {name: request[name] for name in _KEPT if name in request}
        checked.setdefault("frame", strongest_frame(checked["image"]) if is_dicom(Path(checked["image"])) else 0)
        return super().__call__(checked, callbacks)

    def writer(self, data: dict[str, Any], extension: str | None = None, dtype: Any = None) -> tuple[str | None, dict]:
        """As MONAI Label's, which would turn a mask on its side and drops scores."""
        told = {"frame": data["frame"]}
        if self.type == InferType.DETECTION:
            placed = _placed(data["box"], data["image_path"], data["frame"])
            path, answer = super().writer(data | {"box": placed}, extension, dtype)
            return path, answer | data["result"] | told
        if not data.get("result_write_to_file", True):
            return None, told
        with tempfile.NamedTemporaryFile(suffix=data["result_extension"], delete=False) as file:
            write_mask(np.asarray(data["pred"], np.uint8), file.name, data["image_path"], data["frame"])
        return file.name, told

    def _rules(self) -> dict[str, Any]:
        return {
            "frame": whole(0),
            "score_threshold": number(0, 1),
            "device": choice(known_devices()),
            "model_filename": choice(self.config()["model_filename"]),
            "result_extension": choice(MASK_FILES),
            "result_write_to_file": flag,
            "save_label": flag,
            "label_tag": word,
        }


def _placed(regions: Tensor, source: str | os.PathLike[str], frame: int) -> Tensor:
    """Regions (n, 6), middle and size in pixels, where 3D Slicer shows the frame, in mm."""
    scale = regions.new_tensor(SlicerGrid.of(source).spacing * 2)
    regions = regions.clone()
    regions[:, 2] = frame
    return regions * scale

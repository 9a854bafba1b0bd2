# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from typing import Any

from monai.config import KeysCollection
from monai.transforms import MapTransform

from .load_angiogram import LoadAngiogram

__all__ = ["LoadAngiogramd"]


class LoadAngiogramd(MapTransform):
    """Dictionary version of `LoadAngiogram`: a file's name is replaced by its image, and kept as `<key>_path`.

    Args:
        keys: of the file names.
        frame: of a cine, counted from 0; None for the one of strongest contrast.
        mean: of grey values in [0, 1], which is subtracted.
        std: of grey values, which divides; above 0.
        track_meta: give MetaTensors.
        frame_key: where the data may hold a frame of their own, which goes first.
        allow_missing_keys: do not fail where a key is missing.
    """

    backend = LoadAngiogram.backend

    def __init__(
        self,
        keys: KeysCollection,
        frame: int | None = None,
        *,
        mean: float = 0.0,
        std: float = 1.0,
        track_meta: bool = False,
        frame_key: Hashable = "frame",
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.frame_key = frame_key
        self.transform = LoadAngiogram(frame, mean=mean, std=std, track_meta=track_meta)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.key_iterator(result):
            result[f"{key}_path"] = os.fspath(data[key])
            result[key] = self.transform(data[key], data.get(self.frame_key))
        return result

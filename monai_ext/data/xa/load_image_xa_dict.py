# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from monai.config import KeysCollection
from monai.transforms import MapTransform

from .load_image_xa import LoadImageXA

__all__ = ["LoadImageXADict", "LoadImageXAd"]


class LoadImageXAd(MapTransform):
    """Dictionary version of `LoadImageXA`: file names are replaced by their frames, (frames, rows, columns) each.

    Args:
        keys: of the file names.
        frame: the one to load, counted from 0; None for all.
        frame_key: where the data may hold a frame of their own, which goes first.
        allow_missing_keys: do not fail where a key is missing.
    """

    backend = LoadImageXA.backend

    def __init__(
        self,
        keys: KeysCollection,
        frame: int | None = None,
        frame_key: Hashable = "frame",
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.frame_key = frame_key
        self.transform = LoadImageXA(frame)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.key_iterator(result):
            result[key] = self.transform(result[key], data.get(self.frame_key))
        return result


LoadImageXADict = LoadImageXAd

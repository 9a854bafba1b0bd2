# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Hashable, Mapping

from monai.config import KeysCollection, NdarrayOrTensor
from monai.transforms import MapTransform
from monai.utils import ensure_tuple_rep

from .extract_vessels import ExtractVessels

__all__ = ["ExtractVesselsd"]


class ExtractVesselsd(MapTransform):
    """Dictionary version of `ExtractVessels`: the map lies beside the image.

    Args:
        keys: of the images.
        map_key: where the map goes; as many as `keys`, all different.
        method: "robust" or "published".
        allow_missing_keys: do not fail where a key is missing.

    Raises:
        ValueError: if two images share a map key, or their numbers differ.
    """

    backend = ExtractVessels.backend

    def __init__(
        self,
        keys: KeysCollection,
        map_key: KeysCollection = "vessels",
        method: str = "robust",
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.map_keys = ensure_tuple_rep(map_key, len(self.keys))
        if len(set(self.map_keys)) != len(self.keys):
            raise ValueError(f"every image needs a map key of its own, got {self.map_keys} for {self.keys}.")
        self.transform = ExtractVessels(method)

    def __call__(self, data: Mapping[Hashable, NdarrayOrTensor]) -> dict[Hashable, NdarrayOrTensor]:
        result = dict(data)
        for key, map_key in self.key_iterator(result, self.map_keys):
            result[map_key] = self.transform(result[key])
        return result

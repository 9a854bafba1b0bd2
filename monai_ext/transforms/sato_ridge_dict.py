# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from monai.config import KeysCollection, NdarrayOrTensor
from monai.transforms import MapTransform

from .sato_ridge import SatoRidge

__all__ = ["SatoRidged"]


class SatoRidged(MapTransform):
    """Dictionary version of `SatoRidge`: the response takes the image's place (copy the image before to keep it).

    Args:
        keys: of the images.
        sigmas: scales in pixels, each > 0.
        allow_missing_keys: do not fail where a key is missing.
    """

    backend = SatoRidge.backend

    def __init__(
        self, keys: KeysCollection, sigmas: Sequence[float] = (1, 2, 3, 4), allow_missing_keys: bool = False
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.transform = SatoRidge(sigmas)

    def __call__(self, data: Mapping[Hashable, NdarrayOrTensor]) -> dict[Hashable, NdarrayOrTensor]:
        result = dict(data)
        for key in self.key_iterator(result):
            result[key] = self.transform(result[key])
        return result

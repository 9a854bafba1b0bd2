# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Hashable, Mapping

from monai.config import KeysCollection, NdarrayOrTensor
from monai.transforms import MapTransform

from .logits_to_mask import LogitsToMask

__all__ = ["LogitsToMaskd"]


class LogitsToMaskd(MapTransform):
    """Dictionary version of `LogitsToMask`: the mask takes the logits' place.

    Args:
        keys: of the logits.
        threshold: of the probability, in (0, 1).
        min_area: pixels that a component must have to stay; 0 keeps all.
        allow_missing_keys: do not fail where a key is missing.
    """

    backend = LogitsToMask.backend

    def __init__(
        self, keys: KeysCollection, threshold: float = 0.5, min_area: int = 0, allow_missing_keys: bool = False
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.transform = LogitsToMask(threshold, min_area)

    def __call__(self, data: Mapping[Hashable, NdarrayOrTensor]) -> dict[Hashable, NdarrayOrTensor]:
        result = dict(data)
        for key in self.key_iterator(result):
            result[key] = self.transform(result[key])
        return result

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from monai_ext.phantom import PHANTOM_VERSION, SEGMENTS, Angiogram, PhantomSettings, draw_angiogram

__all__ = ["Phantoms"]

_LABELS = ("tree", "vessels", "judged")


class Phantoms:
    """Synthetic angiograms with an exact vessel map: a source of frames.

    Args:
        count: number of angiograms, at least 1.
        seed: other seeds give other angiograms.
        size: side in pixels.
        labels: what the vessel map holds: "tree", every vessel with contrast; "vessels", the named segments; "judged", those of them that experts
            outline in the view.
        settings: file or mapping for `PhantomSettings.read`; the default ones if left out.

    Raises:
        ValueError: if count is below 1, labels or a setting is unknown.
    """

    kind = "synthetic angiograms"

    def __init__(
        self,
        count: int,
        *,
        seed: int = 0,
        size: int = 512,
        labels: str = "tree",
        settings: str | os.PathLike[str] | Mapping | None = None,
    ) -> None:
        if count < 1:
            raise ValueError(f"phantom_count must be at least 1, got {count}.")
        if labels not in _LABELS:
            raise ValueError(f"phantom_labels must be one of {', '.join(_LABELS)}, got {labels!r}.")
        self.names = [f"phantom-{seed}-{i}" for i in range(count)]
        self.left_out: dict[str, int] = {}
        self.seed, self.labels = seed, labels
        self.settings = PhantomSettings.read(settings, size=size, bits=8)

    def __getstate__(self) -> dict:
        """What `load` needs: other processes are told names one by one."""
        return self.__dict__ | {"names": []}

    def load(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Frame (size, size) uint8 and vessel map, bool."""
        angiogram = draw_angiogram(self.seed, int(name.rsplit("-", 1)[1]), self.settings)
        return angiogram.image, self._map(angiogram)

    def _map(self, angiogram: Angiogram) -> np.ndarray:
        if self.labels == "judged":
            return np.isin(angiogram.segments, [SEGMENTS.index(name) + 1 for name in angiogram.judged])
        return angiogram.tree if self.labels == "tree" else angiogram.vessels

    def identity(self) -> list:
        """What the frames depend on, JSON values."""
        return ["phantom", PHANTOM_VERSION, len(self.names), self.seed, self.labels, self.settings.to_dict()]

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from monai_ext.phantom import PHANTOM_VERSION, draw_angiogram

__all__ = ["Phantoms"]


class Phantoms:
    """Synthetic angiograms with their exact vessel map: a source of frames.

    Args:
        count: number of angiograms, at least 1.
        seed: other seeds give other angiograms.
        size: side in pixels.

    Raises:
        ValueError: if count is below 1.
    """

    kind = "synthetic angiograms"

    def __init__(self, count: int, *, seed: int = 0, size: int = 512) -> None:
        if count < 1:
            raise ValueError(f"phantom_count must be at least 1, got {count}.")
        self.names = [f"phantom-{seed}-{i}" for i in range(count)]
        self.left_out: dict[str, int] = {}
        self.seed, self.size = seed, size

    def __getstate__(self) -> dict:
        """What `load` needs: other processes are told names one by one."""
        return self.__dict__ | {"names": []}

    def load(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Frame (size, size) uint8 and vessel map, bool."""
        return draw_angiogram(self.seed, int(name.rsplit("-", 1)[1]), self.size)

    def identity(self) -> list:
        """What the frames depend on, JSON values."""
        return ["phantom", PHANTOM_VERSION, len(self.names), self.seed, self.size]

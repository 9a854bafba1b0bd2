# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import numpy as np
import torch

from monai_ext import ops

from .find_images import find_images
from .read_grey import read_grey

__all__ = ["ImageFolders"]


_MAP_VERSION = 1  # of the rules: a change of what `extract_vessels` finds makes a new cache


class ImageFolders:
    """Angiograms in folders, with the vessel map that a filter finds: a source of frames.

    Args:
        folders: one folder or several, see `find_images`.
        exclude: names of sub-folders that are left out.
        method: rule of the vessel map, see `extract_vessels`.
        min_size: shortest side in pixels that a frame may have.
    """

    kind = "angiograms"

    def __init__(
        self,
        folders: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        *,
        exclude: Iterable[str] = ("val", "test"),
        method: str = "robust",
        min_size: int = 32,
    ) -> None:
        listing = find_images(folders, exclude=exclude)
        self.names = [str(file) for file in listing.files]
        self.left_out = listing.left_out
        self.method, self.min_size = method, min_size

    def __getstate__(self) -> dict:
        """What `load` needs: other processes are told names one by one."""
        return self.__dict__ | {"names": [], "left_out": {}}

    def load(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Frame (height, width) uint8 and vessel map, bool, at native size.

        Raises:
            ValueError: if the file is broken or the image too small.
        """
        frame = read_grey(name)
        if min(frame.shape) < self.min_size:
            raise ValueError(f"sides must be at least {self.min_size} px, got {frame.shape[0]}x{frame.shape[1]}")
        image = torch.from_numpy(frame.astype(np.float32))[None, None]
        return frame, ops.extract_vessels(image, method=self.method)[0, 0].numpy()

    def identity(self) -> list:
        """What the frames and maps depend on, JSON values: the files' paths, sizes and dates, and the rule."""
        stats = ((name, os.stat(name)) for name in self.names)
        return [
            _MAP_VERSION,
            self.method,
            self.min_size,
            [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats],
        ]

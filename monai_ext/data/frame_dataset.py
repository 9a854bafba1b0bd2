# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from .cache_frames import CACHE_VERSION

__all__ = ["FrameDataset"]


class FrameDataset(Dataset):
    """Frames of a cache, memory-mapped: a sample is a copy of bytes, and memory does not grow with the corpus.

    A sample is `image` (1, size, size) uint8, `vessels` (1, size, size / 8) uint8, bit-packed along columns (see
    `ops.unpack_bits`), and `extent` (2,), height and width of the frame in its top-left corner. A data loader asks for a whole batch at
    once; give it `collate_fn=collate_batch`.

    Args:
        folder: what `cache_frames` returned.
        left_out: number of files that are no frames, by reason, for `describe` and `summary`.

    Raises:
        ValueError: if the folder is no cache of this version.
    """

    def __init__(self, folder: str | os.PathLike[str], left_out: Mapping[str, int] | None = None) -> None:
        self.folder, self.left_out = Path(folder), dict(left_out or {})
        self.manifest = _read_manifest(self.folder / "manifest.json")
        if self.manifest.get("version") != CACHE_VERSION:
            raise ValueError(
                f"'{folder}' must be a cache of frames of version {CACHE_VERSION}, got {self.manifest.get('version', 'none')}; "
                "remove it, if it is one, and make it with cache_frames."
            )
        self.files: list[str] = self.manifest["files"]
        self._open()

    def _open(self) -> None:
        self._frames, self._vessels = (
            np.load(self.folder / f"{name}.npy", mmap_mode="r") for name in ("frames", "vessels")
        )
        self._extents = np.load(self.folder / "extents.npy")

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"index must lie in 0..{len(self) - 1}, got {index}.")
        return {name: batch[0] for name, batch in self.__getitems__([index % len(self)]).items()}

    def __getitems__(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """A batch, stacked: one copy of each array."""
        rows = np.asarray(indices)
        return {
            "image": torch.from_numpy(self._frames[rows])[:, None],
            "vessels": torch.from_numpy(self._vessels[rows])[:, None],
            "extent": torch.from_numpy(self._extents[rows].astype(np.int64)),
        }

    def __getstate__(self) -> dict:
        return {"folder": self.folder, "left_out": self.left_out}

    def __setstate__(self, state: dict) -> None:
        self.__init__(**state)

    def summary(self) -> dict[str, int | list[str]]:
        """Counts for a report: frames, files left out by reason, skipped files with their reasons."""
        skipped = [f"{row['file']}: {row['reason']}" for row in self.manifest["skipped"]]
        return {self.manifest["kind"]: len(self), **self.left_out, "skipped": skipped or 0}

    def describe(self) -> str:
        """One line: how many frames, what was skipped and left out, where the cache lies."""
        skipped = len(self.manifest["skipped"])
        parts = [f"{skipped} skipped"] * bool(skipped)
        parts += [f"{count} left out: {reason}" for reason, count in self.left_out.items()]
        size = self.manifest["size"]
        return f"{len(self)} {self.manifest['kind']} of {size}x{size} px{' (' + '; '.join(parts) + ')' if parts else ''}, cached in {self.folder}"


def _read_manifest(file: Path) -> dict:
    try:
        return dict(json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return {}

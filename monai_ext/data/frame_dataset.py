# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy import ndarray
from numpy.lib import format as npy
from torch import Tensor
from torch.utils.data import Dataset

from .shard_writer import ShardWriter
from .write_corpus import CORPUS_VERSION, shard_file

__all__ = ["FrameDataset"]

_OPEN_SHARDS = 256
_AT_ONCE = hasattr(os, "preadv")  # not on Windows


class FrameDataset(Dataset):
    """Frames of a corpus, in any order: a sample is a copy of bytes from a shard, and memory does not grow with the corpus.

    A sample is `image` (1, size, size) uint8, `vessels` (1, size, size / 8) uint8, bit-packed along columns (see
    `ops.unpack_bits`), `extent` (2,), height and width of the frame in its top-left corner, and `index`, its number. A data loader asks for a whole batch at
    once; give it `collate_fn=collate_batch`.

    Args:
        folder: what `cache_frames` returned or `vasomim curate` made.
        left_out: number of files that are no frames, by reason, for `describe` and `summary`.

    Raises:
        ValueError: if the folder is no corpus of this version; on reading, if a shard is missing or cut off.
    """

    def __init__(self, folder: str | os.PathLike[str], left_out: Mapping[str, int] | None = None) -> None:
        self._shards: OrderedDict[int, BinaryIO] = OrderedDict()
        self._starts: dict[int, int] = {}
        self.folder, self.left_out = Path(folder), dict(left_out or {})
        self.facts = _read_facts(self.folder)
        self.size, self._count, self._shard_frames = (self.facts[key] for key in ("size", "frames", "shard_frames"))
        self._record = ShardWriter.dtype(self.size).itemsize

    @property
    def files(self) -> Sequence[str]:
        """Names of the frames: their files in a cache, their keys in the manifest of a curated corpus."""
        return _Names(self.folder / "names.npy")

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"index must lie in 0..{len(self) - 1}, got {index}.")
        return {name: batch[0] for name, batch in self.__getitems__([index % len(self)]).items()}

    def __getitems__(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """A batch, stacked; every frame is read straight into its place."""
        count = len(indices)
        frames = np.empty((count, 1, self.size, self.size), np.uint8)
        vessels = np.empty((count, 1, self.size, self.size // 8), np.uint8)
        extents = np.empty((count, 2), "<u2")
        for row, index in enumerate(indices):
            self._read(int(index), [frames[row], vessels[row], extents[row]])
        return {
            "image": torch.from_numpy(frames),
            "vessels": torch.from_numpy(vessels),
            "extent": torch.from_numpy(extents.astype(np.int64)),
            "index": torch.tensor(indices, dtype=torch.int64),
        }

    def _read(self, index: int, into: list[ndarray]) -> None:
        number, row = divmod(index, self._shard_frames)
        file = self._shard(number)
        offset = self._starts[number] + row * self._record
        if _AT_ONCE:
            read = os.preadv(file.fileno(), into, offset)
        else:
            file.seek(offset)
            read = sum(file.readinto(part) for part in into)
        if read != self._record:
            raise ValueError(
                f"'{shard_file(self.folder, number)}' must hold frame {row}, it is cut off; make the corpus again."
            )

    def _shard(self, number: int) -> BinaryIO:
        """File of a shard; few are open at a time."""
        if number not in self._shards:
            self._shards[number] = self._open(number)
            if len(self._shards) > _OPEN_SHARDS:
                self._shards.popitem(last=False)[1].close()
        self._shards.move_to_end(number)
        return self._shards[number]

    def _open(self, number: int) -> BinaryIO:
        path = shard_file(self.folder, number)
        try:
            with ExitStack() as on_error:
                file = on_error.enter_context(open(path, "rb", buffering=0))
                if number not in self._starts:
                    self._starts[number] = self._start(file)
                on_error.pop_all()
        except (OSError, ValueError) as error:
            raise ValueError(f"'{path}' must be a shard of the corpus ({error}); make the corpus again.") from error
        return file

    def _start(self, file: BinaryIO) -> int:
        """Where the records of a shard begin."""
        npy.read_magic(file)
        if npy.read_array_header_1_0(file)[2] != ShardWriter.dtype(self.size):
            raise ValueError(f"it does not hold squares of {self.size} px")
        return file.tell()

    def __del__(self) -> None:
        for file in self._shards.values():
            file.close()

    def __getstate__(self) -> dict:
        return {"folder": self.folder, "left_out": self.left_out}

    def __setstate__(self, state: dict) -> None:
        self.__init__(**state)

    def summary(self) -> dict[str, int | list[str]]:
        """Counts for a report: frames, files left out by reason, skipped files with their reasons."""
        return {self.facts["kind"]: len(self), **self.left_out, **self.facts["summary"]}

    def describe(self) -> str:
        """One line: how many frames, what was skipped and left out, where the corpus lies."""
        counts = {
            name: value if isinstance(value, int) else len(value) for name, value in self.facts["summary"].items()
        }
        parts = [f"{count} {name}" for name, count in counts.items() if count]
        parts += [f"{count} left out: {reason}" for reason, count in self.left_out.items()]
        what = f"{len(self)} {self.facts['kind']} of {self.size}x{self.size} px"
        return f"{what}{' (' + '; '.join(parts) + ')' if parts else ''}, in {self.folder}"


class _Names(Sequence[str]):
    """Names in a file that is mapped, not read."""

    def __init__(self, path: Path) -> None:
        self._names = np.load(path, mmap_mode="r")

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [name.decode() for name in self._names[index]]
        return self._names[index].decode()

    def __iter__(self) -> Iterator[str]:
        return (name.decode() for name in self._names)


def _read_facts(folder: Path) -> dict[str, Any]:
    try:
        facts = dict(json.loads((folder / "corpus.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        facts = {}
    if facts.get("version") != CORPUS_VERSION:
        raise ValueError(
            f"'{folder}' must be a corpus of version {CORPUS_VERSION}, got {facts.get('version', 'none')}; make one by vasomim curate."
        )
    return facts

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
import os
import shutil
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

import numpy as np

from monai_ext.ops import one_line

from .cache_folder import make_folder
from .parallel_map import parallel_map
from .progress_bar import progress_bar
from .shard_writer import ShardWriter
from .square_frame import square_frame
from .write_corpus import CORPUS_VERSION, SHARD_FRAMES, shard_file, write_corpus

__all__ = ["FrameSource", "cache_frames"]

_SHOWN = 5

logger = logging.getLogger(__name__)


class FrameSource(Protocol):
    """Where frames come from: `ImageFolders`, `Phantoms`."""

    kind: str
    """What the frames are, in the plural."""
    names: list[str]
    left_out: dict[str, int]
    """Number of files that are no frames, by reason."""

    def load(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Frame (height, width) uint8 and vessel map, bool; ValueError or OSError if there is none."""

    def identity(self) -> list:
        """All that the frames depend on, JSON values."""


def cache_frames(
    source: FrameSource,
    *,
    size: int = 512,
    cache_dir: str | os.PathLike[str] | None = None,
    processes: int | None = None,
    progress: bool = True,
    shard_frames: int = SHARD_FRAMES,
) -> Path:
    """Frames and vessel maps of a source, computed once, as a corpus in a folder named by a hash of what went in.

    Its shards hold what `square_frame` makes of each frame. What cannot be read is skipped, reported and listed in `corpus.json`. The
    folder appears whole, by a rename; a killed run leaves none. Of several processes that ask at a time one computes and the others
    wait. Memory does not grow with the number of frames.

    Args:
        source: where frames come from.
        size: side of the squares in pixels; a multiple of 8.
        cache_dir: where caches lie; `$VASOMIM_CACHE`, else `~/.cache/vasomim`. Never beside the user's images.
        processes: that compute; as many as there are cores when left out, fewer for few frames. The result does not depend on it.
        progress: show a bar; in a log file a line each half minute.
        shard_frames: frames in a file.

    Returns:
        The folder, for `FrameDataset`.

    Raises:
        ValueError: if size is no positive multiple of 8, or no frame can be read.
        RuntimeError: in the worker processes of a script without `if __name__ == "__main__":`.
        OSError: if the disk has no room.
    """
    if size < 8 or size % 8:
        raise ValueError(f"frame_size must be a positive multiple of 8, got {size}.")
    root = Path(cache_dir or os.environ.get("VASOMIM_CACHE") or "~/.cache/vasomim").expanduser()
    identity = json.dumps([CORPUS_VERSION, size, shard_frames, source.identity()])
    folder = root / hashlib.sha256(identity.encode()).hexdigest()[:24]
    if folder.exists():
        return folder
    _refuse_while_main_is_imported()
    with make_folder(folder) as temporary:
        if temporary:
            _demand_room(root, len(source.names) * size * (size + size // 8))
            logger.info(f"preparing {len(source.names)} {source.kind}, once; they are kept in '{folder}'")
            jobs = ((source, size, name) for name in source.names)
            squares = parallel_map(_square, jobs, count=len(source.names), processes=processes)
            bar = progress_bar("preparing frames", len(source.names), "frame", show=progress, over=squares)
            _write(source, size, temporary, bar, shard_frames)
    return folder


def _refuse_while_main_is_imported() -> None:
    """Otherwise the worker of an unguarded script would wait for the folder that its parent holds, and the parent for it."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # as multiprocessing itself asks
        raise RuntimeError(
            "frames are prepared by several processes, each of which imports the main script; "
            "put what the script does under `if __name__ == '__main__':`."
        )


def _demand_room(root: Path, needed: int) -> None:
    free = shutil.disk_usage(root).free
    if needed > free:
        raise OSError(
            f"'{root}' must have {needed / 1e9:.1f} GB free for the cache of frames, got {free / 1e9:.1f} GB; name another folder by "
            "cache_dir or VASOMIM_CACHE."
        )


def _write(source: FrameSource, size: int, folder: Path, squares: Iterable[tuple | str], shard_frames: int) -> None:
    names, skipped = [], []

    def kept() -> Iterator[tuple]:
        for name, square in zip(source.names, squares, strict=True):
            if isinstance(square, str):
                skipped.append(f"{name}: {square}")
            else:
                names.append(name)
                yield square

    _write_shards(kept(), size, folder, shard_frames)
    _report(skipped, len(source.names))
    summary = {"skipped": skipped or 0}
    write_corpus(folder, names, size=size, kind=source.kind, summary=summary, shard_frames=shard_frames)


def _write_shards(squares: Iterator[tuple], size: int, folder: Path, shard_frames: int) -> None:
    for number, first in enumerate(squares):  # one step a shard: the rest of it is taken below
        file = shard_file(folder, number)
        file.parent.mkdir(exist_ok=True)
        with ShardWriter(file, size) as shard:
            for square in chain([first], islice(squares, shard_frames - 1)):
                shard.append(*square)


def _square(job: tuple[FrameSource, int, str]) -> tuple | str:
    """Frame, bit-packed map and extent; or why there is none."""
    source, size, name = job
    try:
        return square_frame(*source.load(name), size)
    except (ValueError, OSError) as error:
        return str(error)


def _report(skipped: list[str], total: int) -> None:
    if not skipped:
        return
    shown = "\n".join(f"  {one_line(line)}" for line in skipped[:_SHOWN])
    if len(skipped) == total:
        raise ValueError(f"none of {total} frames can be read:\n{shown}")
    more = f"\n  and {len(skipped) - _SHOWN} more, see corpus.json" if len(skipped) > _SHOWN else ""
    logger.warning(f"{len(skipped)} of {total} frames were skipped:\n{shown}{more}")

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image
from tqdm import tqdm

from .cache_folder import make_folder
from .growing_array import GrowingArray
from .parallel_map import parallel_map

__all__ = ["CACHE_VERSION", "FrameSource", "cache_frames"]

CACHE_VERSION = 1
_SHOWN = 5
_NARROWEST = 8  # pixels of a reduced frame

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
) -> Path:
    """Frames and vessel maps of a source, computed once, as memory-mapped files of one shape.

    A folder named by a hash of what went in holds `frames.npy` (n, size, size) uint8, `vessels.npy` (n, size, size / 8) bit-packed,
    `extents.npy` (n, 2), height and width of each frame in its top-left corner, and `manifest.json`. Frames whose longer side exceeds
    `size` are reduced to it (anti-aliased, the map by nearest neighbour); smaller ones are not enlarged. What cannot be read is
    skipped, reported and listed in the manifest. The folder appears whole, by a rename; a killed run leaves none. Of several
    processes that ask at a time one computes and the others wait. Memory does not grow with the number of frames.

    Args:
        source: where frames come from.
        size: side of the squares in pixels; a multiple of 8.
        cache_dir: where caches lie; `$VASOMIM_CACHE`, else `~/.cache/vasomim`. Never beside the user's images.
        processes: that compute; as many as there are cores when left out, fewer for few frames. The result does not depend on it.
        progress: show a bar; in a log file a line each half minute.

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
    identity = json.dumps([CACHE_VERSION, size, source.identity()])
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
            seconds = 0.1 if sys.stderr.isatty() else 30  # between two reports
            bar = tqdm(
                squares,
                "preparing frames",
                len(source.names),
                disable=not progress,
                unit="frame",
                mininterval=seconds,
                maxinterval=seconds,
            )
            _write(source, size, temporary, bar)
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


def _write(source: FrameSource, size: int, folder: Path, squares: Iterable[tuple | str]) -> None:
    names, skipped = [], []
    with (
        GrowingArray(folder / "frames.npy", (size, size), np.uint8) as frames,
        GrowingArray(folder / "vessels.npy", (size, size // 8), np.uint8) as vessels,
        GrowingArray(folder / "extents.npy", (2,), np.int32) as extents,
    ):
        for name, square in zip(source.names, squares, strict=True):
            if isinstance(square, str):
                skipped.append({"file": name, "reason": square})
                continue
            names.append(name)
            for array, row in zip((frames, vessels, extents), square, strict=True):
                array.append(row)
    _report(skipped, len(source.names))
    manifest = {"version": CACHE_VERSION, "size": size, "kind": source.kind, "files": names, "skipped": skipped}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _square(job: tuple[FrameSource, int, str]) -> tuple | str:
    """Frame, bit-packed map and extent; or why there is none."""
    source, size, name = job
    try:
        frame, vessels = source.load(name)
    except (ValueError, OSError) as error:
        return str(error)
    scale = min(1, size / max(frame.shape))
    height, width = (round(side * scale) for side in frame.shape)
    if min(height, width) < _NARROWEST:
        return f"sides must be at least {_NARROWEST} px, got {height}x{width} when reduced to {size} px"
    if scale < 1:
        frame = np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC))
        vessels = np.asarray(Image.fromarray(vessels).resize((width, height), Image.Resampling.NEAREST))
    room = ((0, size - height), (0, size - width))
    return np.pad(frame, room), np.packbits(np.pad(vessels, room), axis=-1), (height, width)


def _report(skipped: list[dict], total: int) -> None:
    if not skipped:
        return
    shown = "\n".join(f"  {row['file']}: {row['reason']}" for row in skipped[:_SHOWN])
    if len(skipped) == total:
        raise ValueError(f"none of {total} frames can be read:\n{shown}")
    more = f"\n  and {len(skipped) - _SHOWN} more, see manifest.json" if len(skipped) > _SHOWN else ""
    logger.warning(f"{len(skipped)} of {total} frames were skipped:\n{shown}{more}")

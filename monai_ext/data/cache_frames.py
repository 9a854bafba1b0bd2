# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

__all__ = ["CACHE_VERSION", "FrameSource", "cache_frames"]

CACHE_VERSION = 1
_SHOWN = 5
_DEAD_AFTER = 600  # seconds without a write
_FRAMES_A_PROCESS = 32  # a process costs as much as some frames

logger = logging.getLogger(__name__)


class FrameSource(Protocol):
    """Where frames come from: `ImageFolders`, `Phantoms`."""

    names: list[str]
    left_out: dict[str, int]

    def __len__(self) -> int: ...

    def load(self, index: int) -> tuple[np.ndarray, np.ndarray]: ...

    def identity(self) -> list: ...


def cache_frames(
    source: FrameSource,
    *,
    size: int = 512,
    cache_dir: str | os.PathLike[str] | None = None,
    processes: int | None = None,
) -> Path:
    """Frames and vessel maps of a source, computed once, as memory-mapped files of one shape.

    A folder named by a hash of what went in holds `frames.npy` (n, size, size) uint8, `vessels.npy` (n, size, size / 8) bit-packed,
    `extents.npy` (n, 2), height and width of each frame in its top-left corner, and `manifest.json`. Frames whose longer side exceeds
    `size` are reduced to it (anti-aliased, the map by nearest neighbour); smaller ones are not enlarged. What cannot be read is
    skipped, reported and listed in the manifest. The folder appears whole, by a rename; a killed run leaves none.

    Args:
        source: where frames come from.
        size: side of the squares in pixels; a multiple of 8.
        cache_dir: where caches lie; `$VASOMIM_CACHE`, else `~/.cache/vasomim`. Never beside the user's images.
        processes: that compute, at most; all cores when left out. The result does not depend on it.

    Returns:
        The folder, for `FrameDataset`.

    Raises:
        ValueError: if size is no positive multiple of 8, or no frame can be read.
    """
    if size < 8 or size % 8:
        raise ValueError(f"frame_size must be a positive multiple of 8, got {size}.")
    root = Path(cache_dir or os.environ.get("VASOMIM_CACHE") or Path.home() / ".cache" / "vasomim")
    identity = json.dumps([CACHE_VERSION, size, source.identity()])
    folder = root / hashlib.sha256(identity.encode()).hexdigest()[:24]
    if not (folder / "manifest.json").is_file():
        root.mkdir(parents=True, exist_ok=True)
        _remove_dead(root)
        temporary = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".tmp", dir=root))
        try:
            _write(source, size, temporary, processes or os.cpu_count() or 1)
            with contextlib.suppress(OSError):  # another process was first: its folder is the same
                os.rename(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _remove_dead(root: Path) -> None:
    """Temporary folders of killed runs: a live one writes all the time."""
    for temporary in root.glob("*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - max(path.stat().st_mtime for path in (temporary, *temporary.iterdir())) > _DEAD_AFTER:
                shutil.rmtree(temporary, ignore_errors=True)


def _write(source: FrameSource, size: int, folder: Path, processes: int) -> None:
    frames = _memmap(folder / "frames.npy", (len(source), size, size))
    vessels = _memmap(folder / "vessels.npy", (len(source), size, size // 8))
    extents, names, skipped = [], [], []
    for index, result in enumerate(
        tqdm(_results(source, size, processes), "preparing frames", len(source), unit="frame")
    ):
        if isinstance(result, str):
            skipped.append({"file": source.names[index], "reason": result})
            continue
        frame, packed, extent = result
        frames[len(names)], vessels[len(names)] = frame, packed
        extents.append(extent)
        names.append(source.names[index])
    _report(skipped, len(source))
    frames.flush()
    vessels.flush()
    np.save(folder / "extents.npy", np.asarray(extents, np.int64))
    manifest = {"version": CACHE_VERSION, "size": size, "files": names, "left_out": source.left_out, "skipped": skipped}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _memmap(path: Path, shape: tuple[int, ...]) -> np.memmap:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)


def _results(source: FrameSource, size: int, processes: int) -> Iterator[tuple | str]:
    """Squares in the order of the source, whoever computes them."""
    processes = min(processes, len(source) // _FRAMES_A_PROCESS)
    if processes <= 1:
        yield from (_square(source, size, index) for index in range(len(source)))
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _start_worker, (source, size)) as pool:
        yield from pool.imap(_work, range(len(source)), chunksize=4)


def _start_worker(source: FrameSource, size: int) -> None:
    torch.set_num_threads(1)
    _work.job = (source, size)


def _work(index: int) -> tuple | str:
    return _square(*_work.job, index)


def _square(source: FrameSource, size: int, index: int) -> tuple | str:
    """Frame, bit-packed map and extent; or why there is none."""
    try:
        frame, vessels = source.load(index)
    except (ValueError, OSError) as error:
        return str(error)
    scale = min(1, size / max(frame.shape))
    height, width = (max(1, round(side * scale)) for side in frame.shape)
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

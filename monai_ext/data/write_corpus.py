# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monai_ext.ops import atomic_file

__all__ = ["CORPUS_VERSION", "SHARD_FRAMES", "shard_file", "write_corpus"]

CORPUS_VERSION = 2
SHARD_FRAMES = 512


def shard_file(folder: str | os.PathLike[str], number: int) -> Path:
    """Where the shard of a corpus lies that holds frames number * shard_frames and on."""
    return Path(folder, "shards", f"{number:05}.npy")


def write_corpus(
    folder: Path,
    names: Sequence[str],
    *,
    size: int,
    kind: str,
    summary: Mapping[str, Any],
    shard_frames: int = SHARD_FRAMES,
    **facts: Any,
) -> None:
    """Makes a corpus of a folder whose shards are written: its `names.npy`, and, last, its `corpus.json`.

    Args:
        folder: of the corpus.
        names: of the frames, in the order of the shards.
        size: side of the squares in pixels.
        kind: what the frames are, in the plural.
        summary: name -> count or list of strings, for reports.
        shard_frames: frames in each shard but the last.
        **facts: more to keep in `corpus.json`, JSON values.
    """
    encoded = [name.encode() for name in names]
    with atomic_file(folder / "names.npy") as temporary, open(temporary, "wb") as file:
        np.save(file, np.array(encoded, dtype=f"S{max(map(len, encoded))}"))
    content = {"version": CORPUS_VERSION, "kind": kind, "frames": len(names), "size": size}
    content |= {"shard_frames": shard_frames, "summary": dict(summary), **facts}
    with atomic_file(folder / "corpus.json") as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

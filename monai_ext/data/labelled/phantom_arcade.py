# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from monai_ext.phantom import PHANTOM_VERSION, ArcadeWriter, PhantomSettings, draw_angiogram

from ..cache_folder import make_folder
from ..parallel_map import parallel_map
from ..progress_bar import progress_bar

__all__ = ["phantom_arcade"]

_SEEDS = {"train": 0, "val": 1_000_003, "test": 2_000_003}
"""Added to the seed, so that no split has an angiogram of another."""


def phantom_arcade(
    count: int, split: str = "train", *, seed: int = 0, size: int = 512, cache_dir: str | os.PathLike[str] | None = None
) -> Path:
    """Synthetic angiograms in the layout of ARCADE, drawn once and kept: what the tasks learn from where there is no other data.

    Args:
        count: number of angiograms, at least 1.
        split: train, val or test; each has other angiograms.
        seed: other seeds give other angiograms.
        size: side in pixels.
        cache_dir: where they are kept; `$VASOMIM_CACHE`, else `~/.cache/vasomim`.

    Returns:
        The folder, for `read_records`.

    Raises:
        ValueError: if count is below 1 or the split is unknown.
    """
    if count < 1:
        raise ValueError(f"phantom_count must be at least 1, got {count}.")
    if split not in _SEEDS:
        raise ValueError(f"split must be one of {', '.join(_SEEDS)} for synthetic angiograms, got {split!r}.")
    settings = PhantomSettings(size=size)
    root = Path(cache_dir or os.environ.get("VASOMIM_CACHE") or "~/.cache/vasomim").expanduser()
    identity = json.dumps(["arcade", PHANTOM_VERSION, count, split, seed, settings.to_dict()])
    folder = root / f"phantoms-{hashlib.sha256(identity.encode()).hexdigest()[:24]}"
    if not folder.exists():
        with make_folder(folder) as temporary:
            if temporary:
                _draw(temporary, count, ArcadeWriter(settings, seed + _SEEDS[split], split=split), settings)
    return folder


def _draw(folder: Path, count: int, writer: ArcadeWriter, settings: PhantomSettings) -> None:
    jobs = ((folder, writer, settings, index) for index in range(count))
    records = parallel_map(_draw_one, jobs, count=count)
    writer.finish(folder, progress_bar("drawing synthetic angiograms", count, "image", over=records))


def _draw_one(job: tuple[Path, ArcadeWriter, PhantomSettings, int]) -> dict[str, Any]:
    folder, writer, settings, index = job
    return writer.write(folder, index, draw_angiogram(writer.seed, index, settings))

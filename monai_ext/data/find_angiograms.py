# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from monai_ext.ops import one_line

from .list_angiograms import list_angiograms
from .parallel_map import parallel_map
from .progress_bar import progress_bar
from .readable_frames import readable_frames
from .system_errors import SYSTEM_ERRORS

__all__ = ["find_angiograms"]

_TOLD = 20  # broken files, one by one

logger = logging.getLogger(__name__)


def find_angiograms(
    dataset_dir: str | os.PathLike[str],
    *,
    frames: int | str | None = None,
    exclude: str | Iterable[str] = (),
    output_dir: str | os.PathLike[str] | None = None,
    min_size: int = 16,
) -> list[dict[str, Any]]:
    """Every angiogram of a folder that can be read, images and DICOM files alike, with the name of what is made of it.

    Each file is decoded once before the work starts, many files in several processes, so that broken ones do not end a long run: they are
    reported and left out. No message holds anything of a DICOM header.

    Args:
        dataset_dir: searched with its sub-folders; or one file.
        frames: which of a cine: None for the one of strongest contrast (`strongest_frame`), a number, counted from 0, or "all".
        exclude: name or names of sub-folders that are left out, in any case of letters.
        output_dir: where results will be written; what lies there is left out.
        min_size: pixels that each side must have.

    Returns:
        Dictionaries: `image`, the file; `frame`, counted from 0; `name`, a path below the folder of results: see `list_angiograms`,
        with .png, and with `_0031` before it for frame 31 if all frames of a cine are wanted; `stem`, the same without either, one a file.
        The frames of a cine follow each other.

    Raises:
        FileNotFoundError: if there is no such folder or file.
        OSError: if the system is at fault, see `SYSTEM_ERRORS`.
        ValueError: if no file can be read, frames is none of these, or two results would have the same name.
    """
    if not (frames is None or frames == "all" or (isinstance(frames, int) and frames >= 0)):
        raise ValueError(f"frames must be null, a number from 0 or 'all', got {frames!r}.")
    files = list_angiograms(dataset_dir, exclude=exclude, output_dir=output_dir)
    check = partial(_frames_or_fault, frames=frames, min_size=min_size)
    results = list(
        progress_bar("checking images", len(files), "file", over=parallel_map(check, files, count=len(files)))
    )
    _report([result for result in results if isinstance(result, str)], len(files))
    items = [
        item
        for (file, name), numbers in zip(files.items(), results, strict=True)
        if not isinstance(numbers, str)
        for item in _items(file, name, numbers, several=frames == "all" and len(numbers) > 1)
    ]
    _check_names(items)
    return items


def _frames_or_fault(path: Path, frames: int | str | None, min_size: int) -> list[int] | str:
    try:
        return readable_frames(path, frames, min_size=min_size)
    except (ValueError, OSError, ImportError) as error:
        if getattr(error, "errno", None) in SYSTEM_ERRORS:
            raise
        return str(error)


def _items(file: Path, name: str, numbers: Sequence[int], several: bool) -> list[dict[str, Any]]:
    ends = [f"_{number:04}.png" if several else ".png" for number in numbers]
    return [
        {"image": str(file), "frame": number, "name": name + end, "stem": name}
        for number, end in zip(numbers, ends, strict=True)
    ]


def _report(faults: Sequence[str], count: int) -> None:
    if len(faults) == count:
        raise ValueError(f"at least one of {count} files must be readable, got none; the first: {faults[0]}")
    if faults:
        more = [f"and {len(faults) - _TOLD} more"] if len(faults) > _TOLD else []
        logger.warning(
            "%d of %d files are left out:\n  %s",
            len(faults),
            count,
            "\n  ".join([*map(one_line, faults[:_TOLD]), *more]),
        )


def _check_names(items: Sequence[dict[str, Any]]) -> None:
    files: dict[str, str] = {}
    for item in items:
        if other := files.get(item["name"]):
            raise ValueError(
                f"every result needs a name of its own, '{item['name']}' is that of '{other}' and '{item['image']}'; rename one."
            )
        files[item["name"]] = item["image"]

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ImageListing", "find_images"]

EXTENSIONS = ("png", "jpg", "jpeg", "bmp", "tif", "tiff")


@dataclass(frozen=True)
class ImageListing:
    """Images that were found, sorted, and how many other files were left out, by reason."""

    files: tuple[Path, ...]
    left_out: dict[str, int] = field(default_factory=dict)


def find_images(
    folders: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], *, exclude: Iterable[str] = ("val", "test")
) -> ImageListing:
    """Every image below one folder or several.

    Args:
        folders: one folder or several; searched with their sub-folders. A file that two of them reach counts once.
        exclude: names of sub-folders whose images are left out, so that evaluation splits do not leak into a training. The given folders
            themselves are taken whatever their name.

    Returns:
        The images by absolute path, sorted; files that are no image (png, jpg, jpeg, bmp, tif, tiff) or lie in an excluded
        sub-folder are counted.

    Raises:
        FileNotFoundError: if a folder does not exist.
        ValueError: if there is no image in all of them.
    """
    folders = [folders] if isinstance(folders, (str, os.PathLike)) else list(folders)
    exclude = set(exclude)
    files: set[Path] = set()
    left_out: Counter[str] = Counter()
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise FileNotFoundError(f"'{folder}' must be a folder of images, there is none; check dataset_dir.")
        for path in (Path(base) / name for base, _, names in os.walk(folder, followlinks=True) for name in names):
            reason = _reason(path.relative_to(folder), exclude)
            if reason:
                left_out[reason] += 1
            else:
                files.add(path.resolve())
    if not files:
        listed = ", ".join(f"'{folder}'" for folder in folders)
        other = "; ".join(f"{count} {reason}" for reason, count in left_out.items()) or "it is empty"
        raise ValueError(f"no image ({', '.join(EXTENSIONS)}) in {listed}: {other}.")
    return ImageListing(tuple(sorted(files)), dict(left_out))


def _reason(path: Path, exclude: set[str]) -> str | None:
    """Why a file is left out; None takes it."""
    if path.name.startswith(".") or path.suffix[1:].lower() not in EXTENSIONS:
        return "files that are no image"
    excluded = exclude.intersection(path.parts[:-1])
    return f"images in folders named '{min(excluded)}'" if excluded else None

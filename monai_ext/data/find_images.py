# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .walk_files import walk_files

__all__ = ["ImageListing", "find_images"]

EXTENSIONS = ("png", "jpg", "jpeg", "bmp", "tif", "tiff")


@dataclass(frozen=True)
class ImageListing:
    """Images that were found, sorted, and how many other files were left out, by reason."""

    files: tuple[Path, ...]
    left_out: dict[str, int] = field(default_factory=dict)


def find_images(
    folders: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    exclude: str | Iterable[str] = ("val", "test"),
) -> ImageListing:
    """Every image below one folder or several.

    Args:
        folders: one folder or several; searched with their sub-folders. A file that two of them reach counts once.
        exclude: name or names of sub-folders whose images are left out, in any case of letters, so that evaluation splits do not leak into a training. The given folders
            themselves are taken whatever their name.

    Returns:
        The images by absolute path, sorted; files that are no image (png, jpg, jpeg, bmp, tif, tiff) or lie in an excluded
        sub-folder are counted.

    Raises:
        FileNotFoundError: if a folder does not exist.
        ValueError: if there is no image in all of them.
    """
    folders = [folders] if isinstance(folders, (str, os.PathLike)) else list(folders)
    barred = {name.lower() for name in ([exclude] if isinstance(exclude, str) else exclude)}
    files: dict[Path, str | None] = {}  # with the reason to leave it out, if any
    for folder in map(Path, folders):
        if (folder / "corpus.json").is_file():
            raise ValueError(
                f"'{folder}' must be a folder of images, it is a corpus; name the images that it was made of."
            )
        if not folder.is_dir():
            raise FileNotFoundError(f"'{folder}' must be a folder of images, there is none; check dataset_dir.")
        for path in walk_files(folder):
            reason = _reason(path, path.relative_to(folder).parts[:-1], barred)
            real = path.resolve()
            files[real] = reason and files.get(real, reason)  # taken if any folder takes it
    left_out = Counter(reason for reason in files.values() if reason)
    taken = sorted(path for path, reason in files.items() if not reason)
    if not taken:
        listed = ", ".join(f"'{folder}'" for folder in folders)
        other = "; ".join(f"{count} {reason}" for reason, count in left_out.items()) or "it is empty"
        hint = " For DICOM files make a corpus by vasomim curate." if left_out else ""
        raise ValueError(f"no image ({', '.join(EXTENSIONS)}) in {listed}: {other}.{hint}")
    return ImageListing(tuple(taken), dict(left_out))


def _reason(path: Path, folders: tuple[str, ...], barred: set[str]) -> str | None:
    """Why a file is left out; None takes it."""
    if path.name.startswith(".") or path.suffix[1:].lower() not in EXTENSIONS or not path.is_file():
        return "files that are no image"
    excluded = [name for name in folders if name.lower() in barred]
    return f"images in folders named '{excluded[0]}'" if excluded else None

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from .found_files import FoundFiles
from .listing import Listing
from .pair_masks import pair_masks
from .record import Record
from .split_name import split_name

__all__ = ["MASKS", "read_plain_images"]

MASKS = "images that are masks"
"""Why files are left out."""


def read_plain_images(folder: Path) -> Listing:
    """Images in folders of any layout, without labels; a folder named train, val or test tells the split.

    What lies in folders named like masks is no image.

    Args:
        folder: searched with its sub-folders.

    Returns:
        One record an image.

    Raises:
        ValueError: if there is no image.
    """
    files = FoundFiles(folder)
    pairs = pair_masks(files.images, files.folder)
    files.left_out[MASKS] += len(files.images) - len(pairs.masks)
    files.left_out = +files.left_out
    root = files.folder.parent
    records = [Record(path, "images", split=split_name(path.relative_to(root).parts[:-1])) for path in pairs.masks]
    return files.listing("images", records)

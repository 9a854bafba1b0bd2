# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from .found_files import FoundFiles
from .listing import Listing
from .record import Record
from .split_name import split_name

__all__ = ["read_plain_images"]


def read_plain_images(folder: Path) -> Listing:
    """Images in folders of any layout, without labels; a folder named train, val or test tells the split.

    Args:
        folder: searched with its sub-folders.

    Returns:
        One record an image.

    Raises:
        ValueError: if there is no image.
    """
    files = FoundFiles(folder)
    root = files.folder.parent
    records = [Record(path, "images", split=split_name(path.relative_to(root).parts[:-1])) for path in files.images]
    return files.listing("images", records)

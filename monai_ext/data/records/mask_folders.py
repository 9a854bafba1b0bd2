# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from .found_files import FoundFiles
from .listing import Listing
from .pair_masks import pair_masks
from .record import Record
from .split_name import split_name

__all__ = ["read_mask_folders"]


def read_mask_folders(folder: Path) -> Listing:
    """Images and masks of equal names in two folders, as of DCA1 or CAXF: see `pair_masks`.

    Images without a mask are records without labels. A folder named train, val or test tells the split.

    Args:
        folder: data set.

    Returns:
        One record an image; labels "vessels" and "catheter" where there is a mask.

    Raises:
        ValueError: if there is no image.
    """
    files = FoundFiles(folder)
    pairs = pair_masks(files.images, files.folder)
    for path in pairs.lonely:
        files.blame(path, "the image of the mask is missing")
    if pairs.further:
        files.left_out["further masks of an image"] += len(pairs.further)
    root = files.folder.parent
    return files.listing(
        "masks",
        [
            Record(path, "masks", split=split_name(path.relative_to(root).parts[:-1]), labels=masks)
            for path, masks in pairs.masks.items()
        ],
    )

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from .found_files import FoundFiles
from .listing import Listing
from .pair_masks import pair_masks
from .record import Record
from .split_name import split_name

__all__ = ["read_xcad"]


def read_xcad(folder: Path) -> Listing:
    """XCAD: unlabelled images in `train/`, images with vessel masks in `test/images` and `test/masks`, the whole or one of them.

    Args:
        folder: data set, `train` or `test`.

    Returns:
        One record an image; label "vessels" where there is a mask. Patients are not known.

    Raises:
        ValueError: if there is no image.

    References:
        Ma, Y. et al. Self-supervised vessel segmentation via adversarial learning. ICCV (2021).
    """
    files = FoundFiles(folder)
    pairs = pair_masks(files.images, files.folder)
    for path in pairs.lonely:
        files.blame(path, "the image of the mask is missing")
    root = files.folder.parent
    records = []
    for path, masks in pairs.masks.items():
        split = split_name(path.relative_to(root).parts[:-1])
        if split is None:
            files.left_out["images outside of 'train' and 'test'"] += 1
            continue
        if split == "test" and not masks:
            files.blame(path, "an image of the test split has no mask")
        records.append(Record(path, "xcad", split=split, labels=masks))
    return files.listing("xcad", records)

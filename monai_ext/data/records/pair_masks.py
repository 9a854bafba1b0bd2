# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["MaskPairs", "is_mask_folder", "pair_masks"]

_IMAGES = {"images", "image", "imgs", "img", "original", "originals", "originalimages", "frames", "input", "inputs"}
_MASKS = {
    **dict.fromkeys(("masks", "mask", "labels", "label", "gt", "gts", "groundtruth", "groundtruths", "groundtruthmasks"), "vessels"),
    **dict.fromkeys(("vessel", "vessels", "vesselmask", "vesselmasks", "manual", "annotations", "segmentation"), "vessels"),
    **dict.fromkeys(("catheter", "catheters", "cathetermasks"), "catheter"),
    **dict.fromkeys(("tree", "trees"), "tree"),
    **dict.fromkeys(("segments", "segmentmaps"), "segment_map"),
}  # fmt: skip
_SUFFIX = re.compile(r"(.+)[_-](gt|mask|label|manual|seg|vessels?)", re.IGNORECASE)

_Key = tuple[str, ...]
"""Folders from the root without the one that tells image from mask, and stem."""


@dataclass
class MaskPairs:
    """Images with their masks."""

    masks: dict[Path, dict[str, Path]] = field(default_factory=dict)
    """Of every image the masks by label, "vessels", "catheter", "tree" or "segment_map"; empty for none."""
    lonely: list[Path] = field(default_factory=list)
    """Masks whose image is missing."""
    further: list[Path] = field(default_factory=list)
    """Masks of an image that has one of this label."""


def is_mask_folder(name: str) -> bool:
    """Whether the name of a folder says that it holds masks."""
    return _letters(name) in _MASKS


def pair_masks(paths: Iterable[Path], root: Path) -> MaskPairs:
    """Tells images from masks by the names of their folders below a root, or by suffixes like `_gt`, and pairs equal names.

    `train/images/7.png` belongs to `train/masks/7.png`, `images/train/7.png` to `gt/train/7_mask.png`, `7.pgm` to `7_gt.pgm`.

    Args:
        paths: image files below the root.
        root: folder of the data set; its own name and those above tell nothing.

    Returns:
        The pairs, in the order of the paths.
    """
    paths = list(paths)
    keys = {path: _folder_key(path, root) for path in paths}
    images = {key for key, label in keys.values() if label is None}
    pairs = MaskPairs()
    masks: list[tuple[Path, _Key, str]] = []
    by_key: dict[_Key, list[Path]] = {}
    for path, (key, label) in keys.items():
        label, key = _by_suffix(key, label, images)
        if label:
            masks.append((path, key, label))
        else:
            by_key.setdefault(key, []).append(path)
            pairs.masks[path] = {}
    for path, key, label in masks:
        _give(pairs, by_key.get(key, []), path, label)
    return pairs


def _folder_key(path: Path, root: Path) -> tuple[_Key, str | None]:
    """Key and label of a mask, None of an image, by the folder nearest to the file that tells."""
    folders = path.relative_to(root).parts[:-1]
    for i in reversed(range(len(folders))):
        name = _letters(folders[i])
        if name in _IMAGES or name in _MASKS:
            return (*folders[:i], *folders[i + 1 :], path.stem), _MASKS.get(name)
    return (*folders, path.stem), None


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _by_suffix(key: _Key, label: str | None, images: set[_Key]) -> tuple[str | None, _Key]:
    """A suffix tells a mask where there is an image of the name without it, and is no part of a mask's key then."""
    match = _SUFFIX.fullmatch(key[-1])
    if match and (bare := (*key[:-1], match[1])) in images and key not in (images if label else ()):
        return label or "vessels", bare
    return label, key


def _give(pairs: MaskPairs, images: Sequence[Path], mask: Path, label: str) -> None:
    if not images:
        pairs.lonely.append(mask)
    elif all(label in pairs.masks[image] for image in images):
        pairs.further.append(mask)
    else:
        for image in images:
            pairs.masks[image].setdefault(label, mask)

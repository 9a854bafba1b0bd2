# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from ..walk_files import walk_files
from .found_files import IMAGE_EXTENSIONS
from .is_dicom import is_dicom
from .pair_masks import pair_masks

__all__ = ["find_source"]

_DEPTH = 4  # folders below the root that tell a layout: a wrapper, task, split, annotations

_Layout = dict[Path, tuple[set[str], list[str]]]
"""Sub-folders and files of the folders near the root."""


def find_source(folder: str | os.PathLike[str]) -> str | None:
    """The kind of a data set by its layout: names of folders and files, and the header of a table.

    Args:
        folder: data set or a part of it, perhaps within a folder or two of no meaning.

    Returns:
        A key of `READERS`. What is no data set we know is "dicom" if there is a DICOM file, "masks" if an image has a mask, else "images"; None
        without any image.
    """
    folder = Path(os.path.abspath(folder))
    layout = _layout(folder)
    for kind, fits in _LAYOUTS.items():
        if fits(folder, layout):
            return kind
    paths = list(walk_files(folder))
    if any(map(is_dicom, paths)):
        return "dicom"
    images = [path for path in paths if path.suffix[1:].lower() in IMAGE_EXTENSIONS and not path.name.startswith(".")]
    if any(pair_masks(images, folder).masks.values()):
        return "masks"
    return "images" if images else None


def _layout(folder: Path, depth: int = _DEPTH) -> _Layout:
    layout: _Layout = {}
    for base, names, files in os.walk(folder, followlinks=True):
        layout[Path(base)] = (set(names), files)
        if len(Path(base).relative_to(folder).parts) >= depth:
            names.clear()
        names.sort()
    return layout


def _is_arcade(folder: Path, layout: _Layout) -> bool:
    if folder.name == "images" and any((folder.parent / "annotations").glob("*.json")):
        return True
    annotations = (base for base, (_, files) in layout.items() if any(name.endswith(".json") for name in files))
    return any(base.name == "annotations" and "images" in layout.get(base.parent, ((),))[0] for base in annotations)


def _is_cadica(folder: Path, layout: _Layout) -> bool:
    if {"selectedVideos", "nonselectedVideos"} & {base.name for base in layout}:
        return True
    inputs = (files for base, (_, files) in layout.items() if base.name == "input")
    return any(re.fullmatch(r"p\d+_v\d+_\d+\.\w+", name) for files in inputs for name in files)


def _is_xcav(folder: Path, layout: _Layout) -> bool:
    cases = (base for base, (names, _) in layout.items() if {"images", "ground_truth"} <= names)
    truths = ((base.name, layout.get(base / "ground_truth", (set(), []))[0]) for base in cases)
    return any(name.startswith("CVAI") or any(part.endswith("CATH") for part in names) for name, names in truths)


def _is_xcad(folder: Path, layout: _Layout) -> bool:
    if folder.name in ("train", "test"):
        layout = layout | _layout(folder.parent, depth=2)
    return any({"train", "test"} <= names and _is_xcad_root(base, layout) for base, (names, _) in layout.items())


def _is_xcad_root(base: Path, layout: _Layout) -> bool:
    train, test = (layout.get(base / split, (set(), []))[0] for split in ("train", "test"))
    return {"images", "masks"} <= test and not {"masks", "annotations"} & train


def _is_coronary_dominance(folder: Path, layout: _Layout) -> bool:
    names = [base.name for base in layout] + [folder.parent.name]
    return any(re.fullmatch(r"(left|right)[ _-]?dominan(ce|t)", name, re.IGNORECASE) for name in names)


def _is_danilov(folder: Path, layout: _Layout) -> bool:
    return any(_has_danilov_pair(files) for _, files in layout.values())


def _has_danilov_pair(files: list[str]) -> bool:
    named = {Path(name) for name in files if re.match(r"\d+_\d+_\d+_\d+\.", name)}
    return any(path.suffix.lower() == ".xml" and path.with_suffix(".bmp") in named for path in named)


def _is_syntax(folder: Path, layout: _Layout) -> bool:
    tables = (base / name for base, (_, files) in layout.items() for name in files if name.lower().endswith(".csv"))
    return any("syntax" in name.lower() for table in tables for name in _header(table))


def _header(table: Path) -> Iterator[str]:
    try:
        with open(table, encoding="utf-8-sig", errors="replace", newline="") as file:
            for row in islice(csv.reader([file.readline(10_000)]), 1):
                yield from row
    except (OSError, csv.Error):
        return


_LAYOUTS: dict[str, Callable[[Path, _Layout], bool]] = {
    "arcade": _is_arcade,
    "cadica": _is_cadica,
    "xcav": _is_xcav,
    "xcad": _is_xcad,
    "coronary_dominance": _is_coronary_dominance,
    "stenosis": _is_danilov,
    "syntax": _is_syntax,
}

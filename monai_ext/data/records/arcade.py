# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from monai_ext.phantom import SEGMENTS

from .coco_file import CocoFile
from .found_files import FoundFiles
from .listing import Listing
from .record import Record
from .split_name import split_name

__all__ = ["read_arcade"]

_CLASSES = {name: number for number, name in enumerate(SEGMENTS, 1)}
_STENOSIS = "stenosis"
_TASKS = {"syntax": "segments", "stenosis": "stenoses"}


def read_arcade(folder: Path) -> Listing:
    """ARCADE: `{syntax,stenosis}/{train,val,test}/{images,annotations}`, the whole or a part.

    Records of `syntax` have "segments", those of `stenosis` have "stenoses", empty where nothing is annotated, and either has the other
    where an image shows it; `arcade_view` selects. Images that the annotations do not name, or of a split without annotations, have no labels, nor
    have those of which no annotation can be read: they are not empty.
    Patients are not known, and frames occur twice, within a split and between the tasks.

    Args:
        folder: data set, task, split or its folder of images.

    Returns:
        One record an image.

    Raises:
        ValueError: if there is no image in a folder `images`.

    References:
        Popov, M. et al. Dataset for automatic region-based coronary artery disease diagnostics using X-ray angiography images. Sci Data 11 (2024).
    """
    files = FoundFiles(folder)
    parts: dict[Path, list[Path]] = defaultdict(list)
    for path in files.images:
        if path.parent.name == "images":
            parts[path.parent.parent].append(path)
        else:
            files.left_out["images outside of folders named 'images'"] += 1
    return files.listing("arcade", (record for part in parts for record in _part(files, part, parts[part])))


def _part(files: FoundFiles, part: Path, images: list[Path]) -> Iterator[Record]:
    """Records of one split of one task."""
    annotations = _annotations(files, part)
    shapes, unclear = _by_image(files, annotations, images) if annotations else ({}, set())
    task = _task(part, shapes)
    for path in images:
        labels = _labels(shapes[path], task, path in unclear) if path in shapes else {}
        if path in unclear and task not in labels:
            files.blame(path, f"no annotation of the image can be read; it has no label '{task}'")
        yield Record(path, "arcade", split=split_name([part.name]), labels=labels)


def _annotations(files: FoundFiles, part: Path) -> Path | None:
    folder = part / "annotations"
    found = sorted(folder.glob("*.json"), key=lambda path: (path.stem != part.name, path.name))
    if not found:
        files.blame(folder, "there are no annotations of the images beside")
        return None
    files.take(lambda path: path == found[0])
    return found[0]


def _by_image(files: FoundFiles, annotations: Path, images: list[Path]) -> tuple[dict[Path, list], set[Path]]:
    """Category and polygon of an image's shapes, and the images that have more, which cannot be read.

    A file may have another extension than the annotations say.
    """
    try:
        coco = CocoFile.read(annotations)
    except (OSError, ValueError) as error:
        files.blame(annotations, str(error))
        return {}, set()
    names = {path.name: path for path in images}
    stems = {path.stem: path for path in images}
    shapes: dict[Path, list] = {}
    unclear = set()
    for name, rows in coco.shapes.items():
        path = names.get(name) or stems.get(Path(name).stem)
        if path is None:
            files.blame(
                annotations.parent.parent / "images" / name, "the annotations name an image that is missing", image=True
            )
        else:
            shapes.setdefault(path, []).extend(rows)
            if name in coco.incomplete or not all(_is_known(category) for category, _ in rows):
                unclear.add(path)
    _blame(files, annotations, coco, [path for path in images if path not in shapes])
    return shapes, unclear


def _blame(files: FoundFiles, annotations: Path, coco: CocoFile, unnamed: list[Path]) -> None:
    for reason, count in coco.problems.items():
        files.blame(annotations, f"{count} {reason}")
    unknown = Counter(name for rows in coco.shapes.values() for name, _ in rows if not _is_known(name))
    for name, count in unknown.items():
        files.blame(annotations, f"{count} polygons of the unknown category '{name}'")
    for path in unnamed:
        files.blame(path, "the annotations do not name the image or use its id twice; it has no labels")


def _is_known(category: str) -> bool:
    return category in _CLASSES or category == _STENOSIS


def _task(part: Path, shapes: dict[Path, list]) -> str:
    """The label that every image has: by the name of the folder, else what most polygons are."""
    if part.parent.name in _TASKS:
        return _TASKS[part.parent.name]
    found = [name == _STENOSIS for rows in shapes.values() for name, _ in rows if _is_known(name)]
    return "stenoses" if 2 * sum(found) > len(found) else "segments"


def _labels(rows: list, task: str, unclear: bool) -> dict[str, tuple]:
    labels = {
        "segments": tuple((_CLASSES[name], polygon) for name, polygon in rows if name in _CLASSES),
        "stenoses": tuple(polygon for name, polygon in rows if name == _STENOSIS),
    }
    return {name: label for name, label in labels.items() if label or (name == task and not unclear)}

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from .box import Box
from .found_files import FoundFiles
from .good_boxes import good_boxes
from .listing import Listing
from .read_text import read_text
from .record import Record

__all__ = ["read_cadica"]

_NAME = re.compile(r"(p\d+)_(v\d+)_\d+")
_UNSELECTED = "nonselectedVideos"
_LISTS = {"lesionVideos.txt": True, "nonlesionVideos.txt": False}


def read_cadica(folder: Path) -> Listing:
    """CADICA: `selectedVideos/pX/vY/input/pX_vY_NNNNN.png`, the whole or a part.

    Every frame of the selected videos is a record; those that `pX_vY_selectedFrames.txt` lists are labelled "selected", those with a
    file in `groundtruth` have "boxes" (rows `x y w h category`, pixels from 0, top-left corner; empty for an empty file), and all have "lesion" if one of the
    patient's two lists has the video. Selected frames of a video without a lesion have empty "boxes", too; without a file, those of other videos have no such label, for
    nobody looked. A box without an area is left out; a frame that has no other has no such label.
    Labels are those below `folder`. Videos that were not selected are counted, unless `folder` is theirs.

    Args:
        folder: data set, `selectedVideos`, a patient or a video.

    Returns:
        One record a frame, with patient and video.

    Raises:
        ValueError: if there is no frame.

    References:
        Jimenez-Partinen, A. et al. CADICA: a new dataset for coronary artery disease detection by using invasive coronary angiography. Expert Systems 41 (2024).
    """
    files = FoundFiles(folder)
    videos: dict[Path, list[Path]] = defaultdict(list)
    for path in files.images:
        if _UNSELECTED in path.relative_to(files.folder).parts:
            files.left_out["frames of videos that were not selected"] += 1
        elif _NAME.fullmatch(path.stem):
            videos[path.parent.parent if path.parent.name == "input" else path.parent].append(path)
        else:
            files.left_out["images with other names than pX_vY_NNNNN"] += 1
    lesions, texts = _lesions(files), _texts(files)
    records = []
    for video, images in videos.items():
        labels = _VideoLabels(files, texts.get(video, []), lesions.get(video))
        labels.blame_missing(video, {path.stem for path in images})
        records += map(labels.record, images)
    return files.listing("cadica", records)


class _VideoLabels:
    """What the text files say about a video."""

    def __init__(self, files: FoundFiles, texts: list[Path], lesion: bool | None) -> None:
        self.files = files
        self.common = {} if lesion is None else {"lesion": lesion}
        self.selected: set[str] = set()
        self.boxes: dict[str, tuple[Box, ...] | None] = {}
        for path in texts:
            if path.parent.name == "groundtruth":
                self._read_boxes(path)
            else:
                self.selected |= {Path(name).stem for name in _read(files, path).split()}

    def _read_boxes(self, path: Path) -> None:
        self.boxes[path.stem] = None  # for a file that cannot be read is no empty one
        try:
            rows = [_row(row) for row in read_text(path).splitlines() if row.strip()]
            self.boxes[path.stem] = good_boxes(self.files, path, rows)
        except OSError as error:
            self.files.blame(path, f"the file cannot be read ({error.strerror}); the frame has no boxes")
        except ValueError as error:
            self.files.blame(path, f"rows must be 'x y w h category' ({error}); the frame has no boxes")

    def blame_missing(self, video: Path, there: set[str]) -> None:
        for name in sorted((self.selected | self.boxes.keys()) - there):
            self.files.blame(video / "input" / f"{name}.png", "a frame that the labels name is missing", image=True)

    def record(self, path: Path) -> Record:
        """A frame with what is known of it."""
        patient, video = _NAME.fullmatch(path.stem).groups()
        labels = dict(self.common)
        if path.stem in self.selected:
            labels["selected"] = True
        nothing = () if path.stem in self.selected and labels.get("lesion") is False else None
        boxes = self.boxes.get(path.stem, nothing)
        if boxes is not None:
            labels["boxes"] = boxes
        return Record(path, "cadica", patient=patient, video=f"{patient}_{video}", labels=labels)


def _row(row: str) -> tuple[float, float, float, float, str]:
    x, y, width, height, category = row.split()
    x, y = float(x), float(y)
    return x, y, x + float(width), y + float(height), category


def _texts(files: FoundFiles) -> dict[Path, list[Path]]:
    """Files of labels by the folder of their video."""
    texts: dict[Path, list[Path]] = defaultdict(list)
    for path in files.take(_is_label):
        texts[path.parent.parent if path.parent.name == "groundtruth" else path.parent].append(path)
    return texts


def _is_label(path: Path) -> bool:
    return path.name.endswith("_selectedFrames.txt") or (path.parent.name == "groundtruth" and path.suffix == ".txt")


def _lesions(files: FoundFiles) -> dict[Path, bool]:
    """Whether the videos' folders show a lesion; who stands in both lists is in neither."""
    found: dict[Path, set[bool]] = defaultdict(set)
    for path in files.take(lambda path: path.name in _LISTS):
        for name in _read(files, path).split():
            found[path.parent / name.split("_")[-1]].add(_LISTS[path.name])
    for video in (video for video, said in found.items() if len(said) > 1):
        files.blame(video, "the video is in both lists, with and without lesion; it has no label 'lesion'")
    return {video: said.pop() for video, said in found.items() if len(said) == 1}


def _read(files: FoundFiles, path: Path) -> str:
    try:
        return read_text(path)
    except OSError as error:
        files.blame(path, f"the file cannot be read ({error.strerror})")
        return ""

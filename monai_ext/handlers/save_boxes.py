# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from ignite.engine import Engine, Events
from monai.utils import CommonKeys
from PIL import Image
from torch import Tensor

from monai_ext.ops import atomic_file, draw_boxes, json_rows, link_boxes, sheet_name

__all__ = ["SaveBoxes"]

logger = logging.getLogger(__name__)

_OVERLAYS, _TABLE = "overlays", "lesions.csv"
_UNITS = {
    "box": "x0 y0 x1 y1 in pixels of the image, x along columns; pixel (0, 0) covers 0..1",
    "score": "0..1, 1 is sure",
    "frame": "counted from 0",
    "lesion": "a box linked over frames; box and score are those of its best frame",
}
_COLUMNS = ["file", "lesion", "first_frame", "last_frame", "frames", "best_frame", "best_score", "x0", "y0", "x1", "y1"]


class SaveBoxes:
    """Writes the boxes of each file as `<folder>/<stem>.json`, a cine's frames in one with its lesions, and at the end `lesions.csv` with one row a lesion of all files.

    The boxes of a cine become lesions by `link_boxes`; each box of an image is one. Of a cine, boxes are kept until its last frame has passed, of other files
    nothing. Coordinates are rounded to 0.01 pixel. Nothing comes from a DICOM header but the size of the image.

    Args:
        folder: where to write; made if missing.
        items: of the frames in the order of the data, as `find_angiograms` gives them: `image`, `frame`, `name`, `stem`; those of a file follow each other.
        min_iou: of `link_boxes`.
        max_gap: of `link_boxes`.
        min_frames: of `link_boxes`; a file of fewer frames needs all of them.
        overlays: also write pictures with the boxes and their scores to `<folder>/overlays/<name>`: of every image; of a cine with several frames,
            those with boxes.
        mean: of grey values in [0, 1], to undo the standardisation for overlays.
        std: of grey values in [0, 1].
        context: what else each JSON file shall say, JSON values.

    Raises:
        ValueError: if there is no item, the frames of a file do not follow each other, a stem leads out of the folder or into that of the
            overlays, or as `link_boxes`.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        items: Sequence[Mapping[str, Any]],
        *,
        min_iou: float = 0.3,
        max_gap: int = 2,
        min_frames: int = 1,
        overlays: bool = False,
        mean: float = 0.0,
        std: float = 1.0,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        self.stems = [stem for stem, _ in groupby(item["stem"] for item in items)]
        _check_stems(self.stems, overlays)
        link_boxes([], [], min_iou=min_iou, max_gap=max_gap, min_frames=min_frames)
        self.folder, self.items, self.context = Path(folder), list(items), dict(context or {})
        self.min_iou, self.max_gap, self.min_frames = min_iou, max_gap, min_frames
        self.overlays, self.mean, self.std = overlays, mean, std
        self._restart()

    def attach(self, engine: Engine) -> None:
        """Write after each batch of an evaluator with `decollate=False` whose predictions are boxes, and at its end."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._restart)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write_table)

    def _restart(self) -> None:
        self._next, self._seen = 0, []

    def __call__(self, engine: Engine) -> None:
        """Take the boxes of a batch.

        Raises:
            ValueError: if there are more images than items.
        """
        output = engine.state.output
        for image, found in zip(output[CommonKeys.IMAGE], output[CommonKeys.PRED], strict=True):
            if self._next >= len(self.items):
                raise ValueError(f"every image needs an item, got {len(self.items)} items and more images.")
            self._take(image, *(found[key].detach().cpu().float() for key in ("boxes", "scores")))

    def _take(self, image: Tensor, boxes: Tensor, scores: Tensor) -> None:
        item = self.items[self._next]
        self._seen.append((item["frame"], boxes, scores))
        self._next += 1
        ends = self._next == len(self.items) or self.items[self._next]["stem"] != item["stem"]
        if self.overlays and (len(boxes) or (ends and len(self._seen) == 1)):
            grey = image[0].detach().cpu().float() * self.std + self.mean
            picture = draw_boxes(grey.numpy(), boxes.numpy(), [f"{score:.2f}" for score in scores.tolist()])
            with atomic_file(self.folder / _OVERLAYS / item["name"]) as temporary:
                Image.fromarray(picture).save(temporary, format="PNG")
        if ends:
            self._write(item, *image.shape[-2:])
            self._seen = []

    def _write(self, item: Mapping[str, Any], height: int, width: int) -> None:
        frames, boxes, scores = zip(*self._seen, strict=True)
        least = min(self.min_frames, len(frames))
        lesions = link_boxes(boxes, scores, frames, min_iou=self.min_iou, max_gap=self.max_gap, min_frames=least)
        content = {
            "file": Path(item["stem"]).with_name(Path(item["image"]).name).as_posix(),
            "height": height,
            "width": width,
            "units": _UNITS,
            **self.context,
            "frames": [_frame(*seen) for seen in self._seen],
            "lesions": [lesion.describe(number) for number, lesion in enumerate(lesions, 1)],
        }
        with atomic_file(self._json(item["stem"])) as temporary:
            temporary.write_text(json_rows(content), encoding="utf-8")

    def _json(self, stem: str) -> Path:
        return self.folder / f"{stem}.json"

    def _write_table(self) -> None:
        with atomic_file(self.folder / _TABLE) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            lesions = [
                row for stem in self.stems for row in _rows(json.loads(self._json(stem).read_text(encoding="utf-8")))
            ]
            writer.writerows(lesions)
        logger.info(f"{len(self.stems)} files, {len(self.items)} frames, {len(lesions)} lesions: '{self.folder}'")


def _check_stems(stems: Sequence[str], overlays: bool) -> None:
    if not stems or len(set(stems)) < len(stems):
        raise ValueError(
            f"items must be at least one, those of a file one after the other, got {len(stems)} files, {len(set(stems))} of them different."
        )
    for parts in (Path(stem).parts for stem in stems):
        if Path(*parts).is_absolute() or ".." in parts or (overlays and parts[0] == _OVERLAYS):
            raise ValueError(
                f"stems must stay in the folder, and out of '{_OVERLAYS}' if that is written, got '{Path(*parts)}'."
            )


def _frame(number: int, boxes: Tensor, scores: Tensor) -> dict[str, Any]:
    found = [{"box": _box(box), "score": _score(score)} for box, score in zip(boxes, scores, strict=True)]
    return {"frame": number, "boxes": found}


def _box(box: Tensor) -> list[float]:
    return [round(value, 2) for value in box.tolist()]


def _score(score: Tensor) -> float:
    return round(score.item(), 4)


def _rows(content: Mapping[str, Any]) -> Iterator[list[Any]]:
    for lesion in content["lesions"]:
        frames = " ".join(map(str, lesion["frames"]))
        own = {
            **lesion,
            "file": sheet_name(content["file"]),
            "frames": frames,
            **dict(zip(_COLUMNS[-4:], lesion["box"], strict=True)),
        }
        yield [own[column] for column in _COLUMNS]

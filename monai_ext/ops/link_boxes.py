# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from monai.data.box_utils import box_iou
from scipy.optimize import linear_sum_assignment
from torch import Tensor

__all__ = ["Lesion", "link_boxes"]


class Lesion(NamedTuple):
    """A lesion of a cine: its box in each frame where it was seen.

    Attributes:
        frames: their numbers, rising.
        boxes: one a frame, (frames, 4), pixels.
        scores: one a frame, (frames,), in [0, 1].
    """

    frames: tuple[int, ...]
    boxes: Tensor
    scores: Tensor

    @property
    def best(self) -> int:
        """Position of the highest score in the above, the first of equal ones."""
        return int(self.scores.argmax())

    def describe(self, number: int) -> dict[str, Any]:
        """What files tell of it: frames, and score and box of the best one, rounded to 0.0001 and 0.01 pixel.

        Args:
            number: of the lesion in its file, from 1.
        """
        return {
            "lesion": number,
            "first_frame": self.frames[0],
            "last_frame": self.frames[-1],
            "frames": list(self.frames),
            "best_frame": self.frames[self.best],
            "best_score": round(float(self.scores[self.best]), 4),
            "box": [round(float(side), 2) for side in self.boxes[self.best]],
        }


def link_boxes(
    boxes: Sequence[Tensor],
    scores: Sequence[Tensor],
    frames: Sequence[int] | None = None,
    *,
    min_iou: float = 0.3,
    max_gap: int = 2,
    min_frames: int = 1,
) -> list[Lesion]:
    """Boxes of the frames of a cine as lesions: a box goes on with the lesion that it overlaps.

    Frame by frame, the frame's boxes are matched with the last box of each lesion that is still open, so that the sum of their IoUs is the largest. A box
    without match begins a lesion. A lesion has one box of a frame at most: of two that lie on each other the second begins its own.

    Args:
        boxes: of each frame, (n, 4), x0 y0 x1 y1 in pixels.
        scores: of each frame, (n,), in [0, 1].
        frames: numbers of the frames, rising; None counts from 0.
        min_iou: that the boxes of a lesion must have from one frame to the next, in (0, 1].
        max_gap: frames that a lesion may be unseen and still go on.
        min_frames: in which a lesion must be seen; others are left out.

    Returns:
        Lesions by their first frame, then in the order of its boxes.

    Raises:
        ValueError: if min_iou lies outside (0, 1], max_gap is negative, min_frames is below 1, or boxes, scores and frames do not belong together.

    References:
        Simple online tracking, arXiv 1602.00763, without its model of motion: between two frames a lesion moves less than its size.
    """
    frames = range(len(boxes)) if frames is None else frames
    _check(boxes, scores, frames, min_iou, max_gap, min_frames)
    lesions: list[list[tuple[int, Tensor, Tensor]]] = []
    for frame, found, sure in zip(frames, boxes, scores, strict=True):
        open_ = [lesion for lesion in lesions if frame - lesion[-1][0] <= max_gap + 1]
        goes_on = _match(found, [lesion[-1][1] for lesion in open_], min_iou)
        for number, place in enumerate(zip([frame] * len(found), found, sure, strict=True)):
            if number in goes_on:
                open_[goes_on[number]].append(place)
            else:
                lesions.append([place])
    return [_as_lesion(places) for places in lesions if len(places) >= min_frames]


def _match(found: Tensor, last: Sequence[Tensor], min_iou: float) -> dict[int, int]:
    """For each box that goes on with a lesion the lesion's number."""
    if not len(found) or not last:
        return {}
    overlap = box_iou(found.float(), torch.stack(list(last)).float())
    overlap = overlap.where(overlap >= min_iou, 0)
    pairs = zip(*linear_sum_assignment(overlap.cpu().numpy(), maximize=True), strict=True)
    return {int(box): int(lesion) for box, lesion in pairs if overlap[box, lesion] > 0}


def _as_lesion(places: Sequence[tuple[int, Tensor, Tensor]]) -> Lesion:
    frames, boxes, scores = zip(*places, strict=True)
    return Lesion(tuple(int(frame) for frame in frames), torch.stack(boxes), torch.stack(scores))


def _check(
    boxes: Sequence[Tensor],
    scores: Sequence[Tensor],
    frames: Sequence[int],
    min_iou: float,
    max_gap: int,
    min_frames: int,
) -> None:
    if not 0 < min_iou <= 1:
        raise ValueError(f"min_iou must lie in (0, 1], got {min_iou}.")
    if max_gap < 0 or min_frames < 1:
        raise ValueError(f"max_gap must be at least 0 and min_frames at least 1, got {max_gap} and {min_frames}.")
    if [len(found) for found in boxes] != [len(sure) for sure in scores] or len(frames) != len(boxes):
        raise ValueError(
            f"every frame must have a number and a score for each box, got {len(frames)} numbers, boxes of {len(boxes)} frames "
            f"and scores of {len(scores)}, {sum(map(len, boxes))} and {sum(map(len, scores))} in all."
        )
    if any(later <= earlier for earlier, later in pairwise(frames)):
        raise ValueError(f"numbers of frames must rise, got {list(frames)}.")

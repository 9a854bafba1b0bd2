# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from monai.utils import CommonKeys

from .epoch_pictures import EpochPictures
from .picture_grid import on_white, picture_grid, to_grey

__all__ = ["SegmentationPictures"]


class SegmentationPictures(EpochPictures):
    """What the segmentor sees, what it is told and what it answers, in `segmentations.png`: image | vessel map | segmentor.

    Predictions are logits (batch, 1, height, width), labels vessel maps of the same shape. Arguments as `EpochPictures`.
    """

    name = "segmentations"

    def draw(self, output: dict[str, Any], title: str | None) -> Figure:
        """The picture of a batch."""
        image, vessels, logits = (
            output[key][: self.count].detach() for key in (CommonKeys.IMAGE, CommonKeys.LABEL, CommonKeys.PRED)
        )
        columns = {
            "image": to_grey(image * self.std + self.mean),
            "vessel map\n(what it learns from)": on_white(vessels),
            "segmentor S": on_white(logits.float().sigmoid()),
        }
        return picture_grid(columns, title=title, cell=2.6)

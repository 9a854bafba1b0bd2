# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from typing import Any

from matplotlib.figure import Figure
from monai.utils import CommonKeys
from torch import nn

from monai_ext.ops import denormalise_patches

from .draw_reconstructions import draw_reconstructions
from .epoch_pictures import EpochPictures

__all__ = ["ReconstructionPictures"]


class ReconstructionPictures(EpochPictures):
    """What the pre-training sees and makes of it, in `reconstructions.png`; `draw_reconstructions` tells the columns.

    Args:
        folder: where the picture goes.
        segmentor: S, frozen, for S(I') and, where the batch has no `probability`, for S(I); in evaluation mode.
        **knobs: of `EpochPictures`.
    """

    name = "reconstructions"

    def __init__(self, folder: str | os.PathLike[str], *, segmentor: nn.Module | None = None, **knobs: Any) -> None:
        super().__init__(folder, **knobs)
        self.segmentor = None if segmentor is None else segmentor.eval()

    def draw(self, output: dict[str, Any], title: str | None) -> Figure:
        """The picture of a batch."""
        targets = {name: tensor[: self.count] for name, tensor in output[CommonKeys.LABEL].items()}
        prediction = output[CommonKeys.PRED][: self.count]
        probability, probability_reconstruction = targets.get("probability"), None
        if self.segmentor is not None:
            image = targets["image"].float()
            patch_size = round(prediction.shape[-1] ** 0.5)
            reconstruction = denormalise_patches(prediction.float(), image, patch_size)
            probability_reconstruction = self.segmentor(reconstruction).sigmoid()
            probability = self.segmentor(image).sigmoid() if probability is None else probability
        return draw_reconstructions(
            *(targets[name] for name in ("image", "vessels", "guidance", "hidden")),
            prediction,
            mean=self.mean,
            std=self.std,
            probability=probability,
            probability_reconstruction=probability_reconstruction,
            title=title,
        )

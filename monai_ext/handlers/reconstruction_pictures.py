# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import numpy as np
import torch
from ignite.engine import Engine, Events
from matplotlib.figure import Figure
from monai.utils import CommonKeys
from torch import nn

from monai_ext.ops import atomic_file, denormalise_patches

from .draw_reconstructions import draw_reconstructions

__all__ = ["ReconstructionPictures"]


class ReconstructionPictures:
    """Draws the first images of an epoch's last batch into `reconstructions.png`, and to TensorBoard.

    Rank 0 alone draws. See `draw_reconstructions` for the columns.

    Args:
        folder: where `reconstructions.png` goes; each picture replaces the one before.
        mean: of grey values in [0, 1], to undo the standardisation.
        std: of grey values in [0, 1].
        segmentor: S, frozen, for S(I') and, where the batch has no `probability`, for S(I); in evaluation mode.
        every: draw each `every`-th epoch, and the last.
        count: number of images.
        writer: a TensorBoard SummaryWriter that gets the picture, too.

    Raises:
        ValueError: if every, count or std is not positive.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        mean: float,
        std: float,
        segmentor: nn.Module | None = None,
        every: int = 1,
        count: int = 6,
        writer: Any | None = None,
    ) -> None:
        if every < 1 or count < 1 or std <= 0:
            raise ValueError(f"every, count and std must be positive, got {every}, {count} and {std}.")
        self.path = Path(folder) / "reconstructions.png"
        self.mean, self.std = mean, std
        self.segmentor = None if segmentor is None else segmentor.eval()
        self.every, self.count = every, count
        self.writer = writer

    def attach(self, engine: Engine) -> None:
        """Draw at the end of epochs of `engine`, a MONAI trainer or evaluator with `decollate=False`."""
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Draw, if it is this epoch's turn."""
        epoch, last = engine.state.epoch, engine.state.max_epochs
        if idist.get_rank() != 0 or (epoch % self.every and epoch != last):
            return
        figure = self._draw(engine.state.output, f"epoch {epoch} of {last}" if last != 1 else None)
        with atomic_file(self.path) as temporary:
            figure.savefig(temporary, format="png")
        if self.writer is not None:
            self.writer.add_image("reconstructions", _pixels(figure), epoch, dataformats="HWC")

    @torch.no_grad()
    def _draw(self, output: dict[str, Any], title: str | None) -> Figure:
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


def _pixels(figure: Figure) -> np.ndarray:
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]

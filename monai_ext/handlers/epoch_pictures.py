# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import numpy as np
import torch
from ignite.engine import Engine, Events
from matplotlib.figure import Figure
from torch.utils.tensorboard import SummaryWriter

from monai_ext.ops import atomic_file

__all__ = ["EpochPictures"]


class EpochPictures(ABC):
    """Draws the last batch of an epoch into `<name>.png`, each picture over the one before, and to TensorBoard.

    Rank 0 alone draws.

    Args:
        folder: where the picture goes.
        mean: of grey values in [0, 1], to undo the standardisation.
        std: of grey values in [0, 1].
        every: draw each `every`-th epoch, and the last.
        count: number of images, the first of the batch.
        writer: gets the picture, too.

    Raises:
        ValueError: if every, count or std is not positive.
    """

    name: str
    """Of the picture."""

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        mean: float,
        std: float,
        every: int = 1,
        count: int = 6,
        writer: SummaryWriter | None = None,
    ) -> None:
        if every < 1 or count < 1 or std <= 0:
            raise ValueError(f"every, count and std must be positive, got {every}, {count} and {std}.")
        self.path = Path(folder) / f"{self.name}.png"
        self.mean, self.std = mean, std
        self.every, self.count = every, count
        self.writer = writer

    def attach(self, engine: Engine) -> None:
        """Draw at the end of epochs of `engine`, a MONAI trainer or evaluator with `decollate=False`."""
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    @torch.no_grad()
    def __call__(self, engine: Engine) -> None:
        """Draw, if it is this epoch's turn."""
        epoch, last = engine.state.epoch, engine.state.max_epochs
        if idist.get_rank() != 0 or (epoch % self.every and epoch != last):
            return
        figure = self.draw(engine.state.output, f"epoch {epoch} of {last}" if last != 1 else None)
        with atomic_file(self.path) as temporary:
            figure.savefig(temporary, format="png")
        if self.writer is not None:
            self.writer.add_image(self.name, _pixels(figure), epoch, dataformats="HWC")

    @abstractmethod
    def draw(self, output: dict[str, Any], title: str | None) -> Figure:
        """The picture of an engine's output."""


def _pixels(figure: Figure) -> np.ndarray:
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]

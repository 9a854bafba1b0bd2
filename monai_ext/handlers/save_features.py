# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ignite.engine import Engine, Events
from monai.utils import CommonKeys

from monai_ext.ops import atomic_file

__all__ = ["SaveFeatures"]


class SaveFeatures:
    """Writes what an encoder makes of each image: `<folder>/<path of the image>.npy`, float32.

    The path is the one below the folder that all images share, so images of the same name in several folders do not meet.

    Args:
        folder: where to write; made if missing.
        files: the images' files, in the order of the data.

    Raises:
        ValueError: if there is no file.
    """

    def __init__(self, folder: str | os.PathLike[str], files: Sequence[str]) -> None:
        if not files:
            raise ValueError("files must name at least one image, got none.")
        root = Path(os.path.commonpath([Path(file).resolve().parent for file in files]))
        self.targets = [Path(folder) / Path(file).resolve().relative_to(root) for file in files]
        self.targets = [target.with_name(target.name + ".npy") for target in self.targets]
        self._next = 0

    def attach(self, engine: Engine) -> None:
        """Write after each batch of an evaluator with `decollate=False`."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._restart)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)

    def _restart(self) -> None:
        self._next = 0

    def __call__(self, engine: Engine) -> None:
        """Write the features of a batch."""
        for features in engine.state.output[CommonKeys.PRED].float().cpu().numpy():
            with atomic_file(self.targets[self._next]) as temporary, open(temporary, "wb") as file:
                np.save(file, features)
            self._next += 1

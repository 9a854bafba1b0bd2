# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ignite.engine import Engine, Events
from monai.utils import CommonKeys
from PIL import Image

from monai_ext.ops import atomic_file, outline_classes

__all__ = ["SaveMasks"]

_OVERLAYS = "overlays"


class SaveMasks:
    """Writes the mask of each image as a PNG of its size: `<folder>/<name>`.

    Args:
        folder: where to write; made if missing.
        names: of the masks, such as `left/7.png`, in the order of the data.
        scale: what the numbers of the classes are multiplied by: 255 makes a single class white.
        overlays: also write the image with the outlines of the mask to `<folder>/overlays/<name>`.
        mean: of grey values in [0, 1], to undo the standardisation for overlays.
        std: of grey values in [0, 1].

    Raises:
        ValueError: if there is no name, one is there twice, leads out of the folder or into that of the overlays, or the scale is out of range.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        names: Sequence[str],
        *,
        scale: int = 1,
        overlays: bool = False,
        mean: float = 0.0,
        std: float = 1.0,
    ) -> None:
        if not names or len(set(names)) < len(names):
            raise ValueError(
                f"names must be at least one and all different, got {len(names)}, {len(set(names))} of them different."
            )
        if not 1 <= scale <= 255:
            raise ValueError(f"scale must be of 1..255, got {scale}.")
        for parts in (Path(name).parts for name in names):
            if Path(*parts).is_absolute() or ".." in parts or (overlays and parts[0] == _OVERLAYS):
                raise ValueError(
                    f"names must stay in the folder, and out of '{_OVERLAYS}' if that is written, got '{Path(*parts)}'."
                )
        self.folder, self.names = Path(folder), list(names)
        self.scale, self.overlays, self.mean, self.std = scale, overlays, mean, std
        self._next = 0

    def attach(self, engine: Engine) -> None:
        """Write after each batch of an evaluator with `decollate=True` whose postprocessing makes masks."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._restart)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)

    def _restart(self) -> None:
        self._next = 0

    def __call__(self, engine: Engine) -> None:
        """Write the masks of a batch.

        Raises:
            ValueError: if there are more images than names, or a class does not fit into a byte.
        """
        for output in engine.state.output:
            if self._next >= len(self.names):
                raise ValueError(f"every image needs a name for its mask, got {len(self.names)} names and more images.")
            self._write(self.names[self._next], output)
            self._next += 1

    def _write(self, name: str, output: dict[str, Any]) -> None:
        classes = _plane(output[CommonKeys.PRED])
        if classes.max() * self.scale > 255:
            raise ValueError(f"classes must fit into a byte, got class {classes.max():g} and scale {self.scale}.")
        _write_png(self.folder / name, (classes * self.scale).astype(np.uint8))
        if self.overlays:
            grey = _plane(output[CommonKeys.IMAGE]) * self.std + self.mean
            _write_png(self.folder / _OVERLAYS / name, outline_classes(grey, classes.astype(np.uint8)))


def _plane(image: Any) -> np.ndarray:
    """(1, height, width) or (height, width), array or tensor, as an array (height, width) of float32."""
    array = image.detach().cpu().float().numpy() if hasattr(image, "detach") else np.asarray(image, np.float32)
    return array.reshape(array.shape[-2:])


def _write_png(path: Path, pixels: np.ndarray) -> None:
    with atomic_file(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG")

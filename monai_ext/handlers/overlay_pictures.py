# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import numpy as np
import torch
from ignite.engine import Engine, Events
from matplotlib.figure import Figure
from monai.utils import CommonKeys
from numpy import ndarray
from torch import Tensor

from monai_ext.ops import atomic_file

from .draw_overlays import Overlay, draw_overlays

__all__ = ["OverlayPictures"]

_NAMES = {"dice": "Dice", "cldice": "clDice", "hd95": "HD95"}
_LOW_IS_GOOD = {"hd95"}
_LONGEST_NAME = 40


class OverlayPictures:
    """Draws the images that an evaluation went best, middling and worst on into `overlays.png` (`draw_overlays`).

    While it runs, predictions are kept compressed, some kB each; the images chosen are read again. Of several processes, rank r of n
    has the images r, r + n, r + 2n, ..., and rank 0 draws. Images that lack the measure are not drawn.

    Args:
        folder: where the picture goes; made if missing.
        metric: attached to the same engine, has `rows`, `measures` and `names` as `SegmentationQuality`.
        mean: of grey values in [0, 1], to undo the standardisation.
        std: of grey values in [0, 1].
        files: names of the images, in the order of the data; their numbers when left out.
        count: number of images of each of the three kinds, fewer where the data has fewer than three times as many.
        measure: that decides.

    Raises:
        ValueError: if count or std is not positive, or the metric has no such measure.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        metric: Any,
        *,
        mean: float,
        std: float,
        files: Sequence[str] | None = None,
        count: int = 3,
        measure: str = "dice",
    ) -> None:
        if count < 1 or std <= 0:
            raise ValueError(f"count and std must be positive, got {count} and {std}.")
        if measure not in metric.measures:
            raise ValueError(
                f"measure must be one of the metric's, {', '.join(metric.measures)}, got {measure}; add it there."
            )
        self.path, self.metric, self.mean, self.std = Path(folder) / "overlays.png", metric, mean, std
        self.files, self.count, self.measure = files, count, measure
        self._kept: list[bytes] = []

    def attach(self, engine: Engine) -> None:
        """Draw when `engine` has finished, a MONAI evaluator with `decollate=True` whose postprocessing makes class maps."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._restart)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._keep)
        engine.add_event_handler(Events.COMPLETED, self)

    def _restart(self) -> None:
        self._kept = []

    def _keep(self, engine: Engine) -> None:
        for output in engine.state.output:
            self._kept.append(zlib.compress(_plane(output[CommonKeys.PRED]).astype(np.uint8).tobytes(), level=1))

    def __call__(self, engine: Engine) -> None:
        """Draw; every rank takes part."""
        figure = self.draw(engine.data_loader.dataset)
        if figure is not None:
            with atomic_file(self.path) as temporary:
                figure.savefig(temporary, format="png")

    def draw(self, dataset: Any) -> Figure | None:
        """The picture of what was kept.

        Args:
            dataset: item i has `image` (1, height, width), standardised, and `label` (1, height, width), a class map.

        Returns:
            The figure; None on other ranks than 0, and where no image has the measure.
        """
        values = [row[self.measure] for row in self.metric.rows]
        cases = _choose(values, self.count, low_is_good=self.measure in _LOW_IS_GOOD)
        packed = self._gather([index for row in cases.values() for index in row])
        if idist.get_rank() > 0 or not packed:
            return None
        rows = {
            heading: [self._overlay(dataset, index, packed[index]) for index in row] for heading, row in cases.items()
        }
        measured = sum(not math.isnan(value) for value in values)
        by = _NAMES.get(self.measure, self.measure)
        title = f"{', '.join(cases).capitalize()} by {by}, of {measured} image{'s' * (measured > 1)}"
        return draw_overlays(rows, self.metric.names, title=title)

    def _gather(self, indices: Sequence[int]) -> dict[int, bytes]:
        """Predictions of images, from the ranks that have them."""
        ranks = idist.get_world_size()
        own = {index: self._kept[index // ranks] for index in indices if index % ranks == idist.get_rank()}
        parts = idist.all_gather(own) if ranks > 1 else [own]
        return {index: packed for part in parts for index, packed in part.items()}

    def _overlay(self, dataset: Any, index: int, packed: bytes) -> Overlay:
        item = dataset[index]
        image, label = _plane(item[CommonKeys.IMAGE]), _plane(item[CommonKeys.LABEL]).astype(np.uint8)
        prediction = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(label.shape)
        return Overlay(self._title(index), image * self.std + self.mean, label, prediction)

    def _title(self, index: int) -> str:
        name = Path(self.files[index]).name if self.files else str(index)
        name = name if len(name) <= _LONGEST_NAME else "…" + name[1 - _LONGEST_NAME :]
        row = self.metric.rows[index]
        shown = dict.fromkeys(["dice", "cldice", self.measure])
        values = [_said(measure, row[measure]) for measure in shown if not math.isnan(row.get(measure, math.nan))]
        return f"{name}   {' · '.join(values)}"


def _choose(values: Sequence[float], count: int, *, low_is_good: bool) -> dict[str, list[int]]:
    """Indices of the best, the median and the worst, none twice; the best and the worst of all come first."""
    order = [index for index, value in enumerate(values) if not math.isnan(value)]
    order.sort(key=lambda index: values[index] if low_is_good else -values[index])
    count = max(1, min(count, len(order) // 3))
    middle = (len(order) - count) // 2
    parts = {"best": order[:count], "median": order[middle : middle + count], "worst": order[: -count - 1 : -1]}
    seen = {"median": set(parts["best"] + parts["worst"]), "worst": set(parts["best"])}
    parts = {heading: [i for i in part if i not in seen.get(heading, ())] for heading, part in parts.items()}
    return {heading: part for heading, part in parts.items() if part}


def _said(measure: str, value: float) -> str:
    unit = f"{value:.1f} px" if measure == "hd95" else f"{value:.2f}"
    return f"{_NAMES.get(measure, measure)} {unit}"


def _plane(tensor: Tensor) -> ndarray:
    """(1, height, width) to (height, width)."""
    return torch.as_tensor(tensor).detach().cpu().numpy()[0]

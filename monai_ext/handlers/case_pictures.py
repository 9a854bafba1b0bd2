# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
from ignite.engine import Engine, Events
from matplotlib.figure import Figure

from monai_ext.ops import atomic_file

__all__ = ["CasePictures"]

_LONGEST_NAME = 40


class CasePictures(ABC):
    """Draws the images that an evaluation went best, middling and worst on into `<name>.png`.

    While it runs, predictions are kept; the images chosen are read again. Of several processes, rank r of n has the images
    r, r + n, r + 2n, ..., and rank 0 draws. Images that lack the measure are not drawn.

    Args:
        folder: where the picture goes; made if missing.
        metric: attached to the same engine, has `rows` after the run.
        files: names of the images, in the order of the data; their numbers when left out.
        count: number of images of each of the three kinds, fewer where the data has fewer than three times as many.
        measure: of the rows, that decides.

    Raises:
        ValueError: if count is not positive.
    """

    name: str
    """Of the picture."""

    low_is_good: frozenset[str] = frozenset()
    """Measures whose low values are good."""

    names: Mapping[str, str] = {}
    """Of measures, for people, where they differ."""

    def __init__(
        self,
        folder: str | os.PathLike[str],
        metric: Any,
        *,
        files: Sequence[str] | None,
        count: int,
        measure: str,
    ) -> None:
        if count < 1:
            raise ValueError(f"count must be positive, got {count}.")
        self.path, self.metric = Path(folder) / f"{self.name}.png", metric
        self.files, self.count, self.measure = files, count, measure
        self._kept: list[Any] = []

    def attach(self, engine: Engine) -> None:
        """Draw when `engine`, a MONAI evaluator, has finished."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._restart)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._keep)
        engine.add_event_handler(Events.COMPLETED, self)

    def _restart(self) -> None:
        self._kept = []

    def _keep(self, engine: Engine) -> None:
        self._kept += self.pack(engine.state.output)

    def __call__(self, engine: Engine) -> None:
        """Draw; every rank takes part."""
        figure = self.draw(engine.data_loader.dataset)
        if figure is not None:
            with atomic_file(self.path) as temporary:
                figure.savefig(temporary, format="png")

    def draw(self, dataset: Any) -> Figure | None:
        """The picture of what was kept.

        Args:
            dataset: item i is what `case` needs of image i.

        Returns:
            The figure; None on other ranks than 0, and where no image has the measure.
        """
        values = [row[self.measure] for row in self.metric.rows]
        chosen = _choose(values, self.count, low_is_good=self.measure in self.low_is_good)
        packed = self._gather([index for row in chosen.values() for index in row])
        if idist.get_rank() > 0 or not packed:
            return None
        rows = {
            heading: [self.case(self._title(index), dataset[index], packed[index]) for index in row]
            for heading, row in chosen.items()
        }
        measured = sum(not math.isnan(value) for value in values)
        by = self.names.get(self.measure, self.measure)
        return self.figure(rows, f"{', '.join(chosen).capitalize()} by {by}, of {measured} image{'s' * (measured > 1)}")

    @abstractmethod
    def pack(self, output: Any) -> list[Any]:
        """What to keep of an engine's output, an item an image; small, and can be pickled."""

    @abstractmethod
    def case(self, title: str, item: Any, packed: Any) -> Any:
        """What is drawn of an image, from its item of the dataset and what was kept."""

    @abstractmethod
    def figure(self, rows: Mapping[str, Sequence[Any]], title: str) -> Figure:
        """The picture of cases, by the heading of their row."""

    @abstractmethod
    def says(self, row: Mapping[str, float]) -> list[str]:
        """What to say of an image beside its name."""

    def _gather(self, indices: Sequence[int]) -> dict[int, Any]:
        """What was kept of images, from the ranks that have them."""
        ranks = idist.get_world_size()
        own = {index: self._kept[index // ranks] for index in indices if index % ranks == idist.get_rank()}
        parts = idist.all_gather(own) if ranks > 1 else [own]
        return {index: packed for part in parts for index, packed in part.items()}

    def _title(self, index: int) -> str:
        name = Path(self.files[index]).name if self.files else str(index)
        name = name if len(name) <= _LONGEST_NAME else "…" + name[1 - _LONGEST_NAME :]
        return f"{name}   {' · '.join(self.says(self.metric.rows[index]))}"


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

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
from ignite.engine import Engine, Events

from monai_ext.ops import atomic_file, sheet_name

__all__ = ["MetricsFile"]


class MetricsFile:
    """Writes `metrics.json` (mean, standard deviation, n by quantity, and what else the metric says of it) and `metrics.csv` (one row an image) when a run ends, and logs the means.

    A column of the rows that no image has a number in (all nan) is left out.

    Args:
        metric: has `summary` and `rows` after the run, like `ReconstructionQuality`; a `summary_by_class` that is not empty goes
            into `metrics.json` as `classes`.
        folder: where to write; made if missing.
        files: names of the images, in the order of the data, for the rows; their number when left out.
        context: what else `metrics.json` shall say (data, weights, seed), JSON values.
    """

    def __init__(
        self,
        metric: Any,
        folder: str | os.PathLike[str],
        files: Sequence[str] | None = None,
        context: dict | None = None,
    ) -> None:
        self.metric, self.folder, self.files, self.context = metric, Path(folder), files, context or {}

    def attach(self, engine: Engine) -> None:
        """Hook on the end of the run."""
        engine.add_event_handler(Events.COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Write both files."""
        if idist.get_rank() > 0:
            return
        classes = vars(self.metric).get("summary_by_class")  # Ignite's metrics have every attribute that is asked for
        content = {**self.metric.summary, **({"classes": classes} if classes else {}), "context": self.context}
        with atomic_file(self.folder / "metrics.json") as temporary:
            temporary.write_text(json.dumps(content, indent=2) + "\n")
        self._write_rows()
        for name, value in self.metric.summary.items():
            interval = " [{:.4f}, {:.4f}]".format(*value["ci95"]) if "ci95" in value else ""
            engine.logger.info(f"{name} {value['mean']:.4f} ± {value['std']:.4f}{interval} ({value['n']} images)")

    def _write_rows(self) -> None:
        rows = self.metric.rows
        columns = [name for name in (rows[0] if rows else ()) if not all(math.isnan(row[name]) for row in rows)]
        with atomic_file(self.folder / "metrics.csv") as temporary, open(temporary, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["image", *columns])
            for i, row in enumerate(rows):
                writer.writerow(
                    [sheet_name(self.files[i]) if self.files else i, *(_cell(row[name]) for name in columns)]
                )


def _cell(value: float) -> str:
    """Counts as they are, measures with six decimals, undefined ones empty."""
    return str(value) if isinstance(value, int) else "" if math.isnan(value) else f"{value:.6f}"

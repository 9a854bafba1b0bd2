# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from .command_error import CommandError
from .few_label_cell import FewLabelCell

__all__ = ["FewLabelResult"]

_MEASURES = ("dice", "cldice", "hd95", "precision", "recall")


@dataclass(frozen=True)
class FewLabelResult:
    """What came out of a finished cell: a row of `results.csv`."""

    weights: str
    fraction: float
    images: int
    """With labels, that the training had."""
    seed: int
    dice: float | None
    """Mean over the images, as the others; None where no image has the measure."""
    cldice: float | None
    hd95: float | None
    """Pixels."""
    precision: float | None
    recall: float | None
    best_epoch: int
    minutes: float
    """Of training."""

    @classmethod
    def read(cls, cell: FewLabelCell) -> FewLabelResult:
        """From the files that the bundle wrote into the cell's folder.

        Raises:
            CommandError: if one is missing or broken.
        """
        try:
            return cls._read(cell)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise CommandError(
                f"'{cell.folder}' must hold what the bundle wrote, it does not ({type(error).__name__}: {error}); remove that folder, and the "
                "same command makes it again."
            ) from error

    @classmethod
    def _read(cls, cell: FewLabelCell) -> FewLabelResult:
        run, best, metrics = (
            _json(cell.folder / name) for name in ("run.json", "model.json", "evaluation/metrics.json")
        )
        (images,) = (value for name, value in run["data"].items() if name.startswith("images with"))
        means = {name: metrics.get(name, {}).get("mean") for name in _MEASURES}
        with open(cell.folder / "curves.csv", newline="") as file:
            seconds = sum(float(row["seconds"]) for row in csv.DictReader(file))
        return cls(
            cell.weights.name,
            cell.fraction,
            int(images),
            cell.seed,
            **means,
            best_epoch=best["epoch"],
            minutes=round(seconds / 60, 2),
        )

    @classmethod
    def columns(cls) -> list[str]:
        """Names of the values."""
        return [field.name for field in fields(cls)]

    def row(self) -> dict[str, Any]:
        """For a CSV file; measures with four digits."""
        return {k: "" if v is None else f"{v:.4f}" if k in _MEASURES else v for k, v in asdict(self).items()}


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))

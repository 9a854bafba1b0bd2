# SPDX-License-Identifier: Apache-2.0
"""Cells of a few-label experiment, and the files that the bundle leaves in the folder of a finished one."""

from __future__ import annotations

import json
from pathlib import Path

from monai_ext.cli.few_label_cell import FewLabelCell
from monai_ext.cli.few_label_plan import FewLabelPlan
from monai_ext.cli.few_label_result import FewLabelResult
from monai_ext.cli.starting_weights import StartingWeights

BUNDLE = Path(__file__).parents[2] / "bundles" / "vasomim_seg"


def make_cell(out: Path, weights: str = "none", fraction: float = 0.1, seed: int = 0, **plan) -> FewLabelCell:
    return FewLabelCell(FewLabelPlan(BUNDLE, **plan), StartingWeights(weights), fraction, seed, out)


def finish(cell: FewLabelCell, dice: float = 0.5, images: int = 10, without: tuple[str, ...] = ()) -> None:
    """What the bundle writes, with a Dice and made values for the rest."""
    measures = {"dice": dice, "cldice": dice - 0.1, "hd95": 12.0, "precision": 0.6, "recall": 0.7}
    means = {name: {"mean": value, "std": 0.1, "n": 4} for name, value in measures.items() if name not in without}
    files = {
        "run.json": {"data": {"images with vessels": images, "left out": 0, "steps": "..."}},
        "model.json": {"epoch": 7, "dice": 0.5},
        "evaluation/metrics.json": {**means, "context": {}},
    }
    (cell.folder / "evaluation").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (cell.folder / name).write_text(json.dumps(content))
    (cell.folder / "curves.csv").write_text("epoch,loss,seconds,dice\n1,0.5,60.0,\n2,0.4,90.0,0.5\n")
    for name in ("checkpoint.pt", "evaluation/report.html"):
        (cell.folder / name).touch()


def result(weights: str, fraction: float, seed: int, dice: float | None, images: int | None = None) -> FewLabelResult:
    cldice = None if dice is None else dice - 0.1
    return FewLabelResult(weights, fraction, images or round(100 * fraction), seed, dice, cldice, 9.0, 0.6, 0.7, 7, 2.5)

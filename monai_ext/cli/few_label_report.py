# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
from pathlib import Path

from monai_ext.ops import atomic_file

from .few_label_manifest import FewLabelManifest
from .few_label_picture import few_label_picture
from .few_label_result import FewLabelResult
from .few_label_table import few_label_table

__all__ = ["few_label_report"]


def few_label_report(manifest: FewLabelManifest) -> None:
    """Writes `results.csv`, `table.md` and, with something to draw, `few_label.png` of all finished cells of an experiment.

    Raises:
        CommandError: if a finished cell's files are not what the bundle writes.
    """
    out, plan = manifest.path.parent, manifest.plan
    results = [FewLabelResult.read(cell) for cell in manifest.cells if cell.is_finished]
    unfinished = [cell.name for cell in manifest.cells if not cell.is_finished]
    title = f"Few labels: {plan.task}, {plan.split} images"
    _write_csv(results, out / "results.csv")
    with atomic_file(out / "table.md") as temporary:
        table = few_label_table(results, title=title, typed=manifest.typed, unfinished=unfinished)
        temporary.write_text(table, encoding="utf-8")
    if results:
        figure = few_label_picture(results, title=f"{title}; dots are seeds, bars their standard deviation")
        with atomic_file(out / "few_label.png") as temporary:
            figure.savefig(temporary, format="png")


def _write_csv(results: list[FewLabelResult], path: Path) -> None:
    with atomic_file(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, FewLabelResult.columns())
        writer.writeheader()
        writer.writerows(result.row() for result in results)

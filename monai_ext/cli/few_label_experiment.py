# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial

from monai_ext.data.progress_bar import progress_bar

from .command_error import CommandError
from .few_label_cell import FewLabelCell
from .few_label_manifest import FewLabelManifest
from .few_label_report import few_label_report
from .few_label_result import FewLabelResult
from .run_cells import RunCells
from .start_cell import start_cell

__all__ = ["FewLabelExperiment"]

_SHOWN = 8  # last lines of a failed cell's log


class FewLabelExperiment:
    """Runs the cells of a command that are not finished, and reports all cells of the folder after each.

    Args:
        manifest: of the folder, with the cells already in it.
        cells: those to run now.
        jobs: how many at a time.
    """

    def __init__(self, manifest: FewLabelManifest, cells: Sequence[FewLabelCell], *, jobs: int = 1) -> None:
        self.manifest, self.cells, self.jobs = manifest, cells, jobs

    def run(self) -> None:
        """Does it.

        Raises:
            CommandError: at the end, if cells failed; the last lines of their logs were shown.
        """
        left = [cell for cell in self.cells if not cell.is_finished]
        for cell in self.cells:
            _tidy(cell)  # a kill may have come between a cell's end and its tidying
        few_label_report(self.manifest)
        bar = progress_bar("trainings", len(self.cells), "training", done=len(self.cells) - len(left))
        with bar, RunCells(left, partial(start_cell, jobs=self.jobs), jobs=self.jobs) as ended:
            for cell, _ in ended:
                if cell.is_finished:
                    _tidy(cell)
                    few_label_report(self.manifest)
                bar.write(_line(cell), file=sys.stderr)
                bar.update()
        if failed := [cell for cell in left if not cell.is_finished]:
            self._complain(failed)

    def _complain(self, failed: Sequence[FewLabelCell]) -> None:
        for cell in failed:
            lines = (cell.folder / "log.txt").read_text(encoding="utf-8", errors="replace").splitlines()
            print("\n".join([f"\n{cell.name}:", *(f"  {line}" for line in lines[-_SHOWN:])]), file=sys.stderr)
        raise CommandError(
            f"{len(failed)} of {len(self.cells)} trainings failed: {', '.join(cell.name for cell in failed)}; log.txt in their "
            f"folders in '{self.manifest.path.parent}' tells why, and the same command tries them again."
        )


def _tidy(cell: FewLabelCell) -> None:
    """The state of the optimiser is of no more use when a cell is finished, and large."""
    for file in cell.folder.glob("*checkpoint*.pt") if cell.is_finished else ():
        file.unlink()


def _line(cell: FewLabelCell) -> str:
    if not cell.is_finished:
        return f"{cell.name}  failed, see '{cell.folder / 'log.txt'}'"
    result = FewLabelResult.read(cell)
    measures = {"Dice": result.dice, "clDice": result.cldice}
    values = [f"{name} {value:.3f}" for name, value in measures.items() if value is not None]
    return "  ".join([cell.name, *values, f"{result.images} images", f"{result.minutes:.1f} min"])

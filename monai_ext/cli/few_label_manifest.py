# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monai_ext.ops import atomic_file

from .command_error import CommandError
from .few_label_cell import FewLabelCell
from .few_label_plan import FewLabelPlan
from .starting_weights import StartingWeights

__all__ = ["FewLabelManifest"]

_OF_A_KILLED_ONE = {".lock", "experiment.json.tmp"}
"""What lies in a folder where nothing has begun."""


class FewLabelManifest:
    """`experiment.json`: what was asked, and every cell with its commands. A second command into the same folder adds its cells.

    Args:
        out: folder of the experiment.
        plan: of this command.

    Raises:
        CommandError: if the folder holds an experiment with another plan, or something else.
    """

    def __init__(self, out: Path, plan: FewLabelPlan) -> None:
        self.path, self.plan = out / "experiment.json", plan
        self._content: dict[str, Any] = {"asked": plan.asked(), "typed": [], "weights": {}, "cells": {}}
        if self.path.is_file():
            self._content = _read(self.path)
            self._check_plan()
        elif out.exists() and not (out.is_dir() and {path.name for path in out.iterdir()} <= _OF_A_KILLED_ONE):
            raise CommandError(f"--out must be a new folder or one of this experiment, got '{out}'; name another.")

    @property
    def typed(self) -> list[str]:
        """The commands that have made the experiment."""
        return self._content["typed"]

    @property
    def cells(self) -> list[FewLabelCell]:
        """All that were asked so far."""
        files = {name: facts["file"] for name, facts in self._content["weights"].items()}
        weights = {name: StartingWeights(name, file and Path(file)) for name, file in files.items()}
        return [
            FewLabelCell(self.plan, weights[cell["weights"]], cell["fraction"], cell["seed"], self.path.parent)
            for cell in self._content["cells"].values()
        ]

    def add(self, cells: Sequence[FewLabelCell], typed: str) -> None:
        """Writes the cells of a command beside those that were there.

        Raises:
            CommandError: if weights are others than those that had the name.
        """
        for weights in {cell.weights.name: cell.weights for cell in cells}.values():
            self._add_weights(weights)
        for cell in cells:
            facts = {
                "weights": cell.weights.name,
                "fraction": cell.fraction,
                "seed": cell.seed,
                "commands": cell.shown(),
            }
            self._content["cells"][cell.name] = facts
        if typed not in self.typed:
            self.typed.append(typed)
        with atomic_file(self.path) as temporary:
            temporary.write_text(json.dumps(self._content, indent=2) + "\n", encoding="utf-8")

    def _add_weights(self, weights: StartingWeights) -> None:
        before = self._content["weights"].get(weights.name)
        if before and before["sha256"] != weights.digest:
            raise CommandError(
                f"--weights '{weights.name}' must be those of '{before['file']}' that '{self.path.parent}' began with, got others in "
                f"'{weights.file}'; give them another name."
            )
        self._content["weights"][weights.name] = {
            "file": str(weights.file) if weights.file else None,
            "sha256": weights.digest,
        }

    def _check_plan(self) -> None:
        before, now = self._content["asked"], self.plan.asked()
        for name, value in now.items():
            if before.get(name) != value:
                option = {"knobs": "--knob"}.get(name, f"--{name}")
                raise CommandError(
                    f"{option} must be {before.get(name) or 'none'} as in '{self.path}', got {value or 'none'}; or name another --out."
                )


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not content.keys() >= {"asked", "typed", "weights", "cells"}:
            raise ValueError("parts are missing")
    except (OSError, ValueError, AttributeError) as error:
        raise CommandError(
            f"'{path}' must be what this command wrote, it is not ({error}); name another --out."
        ) from error
    return content

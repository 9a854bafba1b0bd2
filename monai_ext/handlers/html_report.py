# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import ignite.distributed as idist
from ignite.engine import Engine, Events

from monai_ext.ops import atomic_file

from .run_environment import run_environment
from .write_report import write_report

__all__ = ["HtmlReport"]


class HtmlReport:
    """Writes `run.json` and, from all that lies in the folder, `report.html` when a run ends.

    Put it after the handlers whose files it shows (`CurveRecorder`, `ReconstructionPictures`). Rank 0 alone writes.

    Args:
        folder: of the run.
        title: heading of the report.
        knobs: what was run, the resolved settings.
        data: what it was run on: counts, skipped files, ...; lists are shown as lists.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        title: str,
        *,
        knobs: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.title = title
        self.knobs, self.data = dict(knobs or {}), dict(data or {})

    def attach(self, engine: Engine) -> None:
        """Report when `engine` has finished."""
        engine.add_event_handler(Events.COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Write both files."""
        if idist.get_rank() != 0:
            return
        run = {
            "title": self.title,
            "finished": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
            "knobs": self.knobs,
            "data": self.data,
            "environment": run_environment(engine),
        }
        with atomic_file(self.folder / "run.json") as temporary:
            temporary.write_text(json.dumps(run, indent=2, default=str) + "\n", encoding="utf-8")
        engine.logger.info(f"report: '{write_report(self.folder)}'")

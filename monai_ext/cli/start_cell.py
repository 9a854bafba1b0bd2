# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from datetime import datetime

from monai_ext.ops import usable_cores

from .few_label_cell import FewLabelCell

__all__ = ["start_cell"]


def start_cell(cell: FewLabelCell, *, jobs: int = 1) -> subprocess.Popen:
    """Starts one process that trains and evaluates, from where the cell is; it appends to `log.txt` in the cell's folder.

    It ends with this process, which holds the other end of its standard input.

    Args:
        cell: not finished.
        jobs: how many cells run at a time, which share the cores.
    """
    commands = cell.left_to_do()
    cell.folder.mkdir(parents=True, exist_ok=True)
    with open(cell.folder / "log.txt", "a", encoding="utf-8") as log:
        log.write(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %Z}, in {cell.plan.bundle}\n")
        log.writelines(f"$ {shlex.join(['python', '-m', 'monai.bundle', *command])}\n" for command in commands)
        log.flush()
        return subprocess.Popen(
            [sys.executable, "-m", "monai_ext.cli.bundle_runs", json.dumps(commands)],
            cwd=cell.plan.bundle,
            env=_environment(jobs),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches this process alone, which ends its children
        )


def _environment(jobs: int) -> dict[str, str]:
    threads = {"OMP_NUM_THREADS": str(max(1, usable_cores() // jobs))} if jobs > 1 else {}
    return threads | dict(os.environ) | {"PYTHONUNBUFFERED": "1"}

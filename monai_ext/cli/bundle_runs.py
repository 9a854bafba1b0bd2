# SPDX-License-Identifier: Apache-2.0
"""`python -m monai_ext.cli.bundle_runs COMMANDS`, a JSON list of lists of arguments, for programs that start it."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Sequence

import fire
import monai.bundle

__all__ = ["bundle_runs"]


def bundle_runs(commands: Sequence[Sequence[str]]) -> None:
    """Commands of `python -m monai.bundle` one after the other, in one process: its start takes as long as judging many images.

    Args:
        commands: arguments of each, such as `["run", "--config_file", "configs/train.json"]`.

    Raises:
        Exception: whatever one of them raises; those after it are not run.
    """
    for arguments in commands:
        fire.Fire({"run": monai.bundle.run}, command=list(arguments))


def _end_with_parent() -> None:
    """Who started this holds the other end of standard input; killed, it cannot tell its children to stop."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    bundle_runs(json.loads(sys.argv[1]))

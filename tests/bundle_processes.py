# SPDX-License-Identifier: Apache-2.0
"""Bundles in processes of their own: the command, torchrun before it, and what it said."""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def bundle_command(*configs: str, **knobs) -> list[str]:
    """What follows `python` or torchrun; start it in the bundle's folder."""
    files = str([f"configs/{name}" for name in configs])
    words = [str(word) for name, value in knobs.items() for word in (f"--{name}", value)]
    return ["-m", "monai.bundle", "run", "--config_file", files, *words]


def launcher(processes: int, *options: str) -> list[str]:
    """Python, or torchrun for several processes on this machine."""
    if processes == 1 and not options:
        return [sys.executable]
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes), *options]


def finish(command: Sequence[str], folder: Path, timeout: float = 400) -> str:
    """All that it said; it must end well."""
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def free_port() -> str:
    """One that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def saved(folder: Path) -> dict:
    """The training state that lies there."""
    return torch.load(folder / "checkpoint.pt", weights_only=True)


def curves(folder: Path) -> list[dict[str, str]]:
    """Rows of epochs, without what a clock has written."""
    rows = csv.DictReader((folder / "curves.csv").open())
    return [{name: value for name, value in row.items() if "second" not in name} for row in rows]


def assert_same_run(folder: Path, other: Path) -> None:
    """To the bit: weights, state of the optimiser, encoder, curves."""
    ours, theirs = saved(folder), saved(other)
    for name in ("network", "optimizer"):
        assert flat(ours["objects"][name]) == flat(theirs["objects"][name]), name
    first, second = (torch.load(folder / "model.pt", weights_only=True) for folder in (folder, other))
    assert first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)
    assert curves(folder) == curves(other)


def flat(state) -> list:
    """All keys and numbers, in order."""
    if isinstance(state, dict):
        return [x for key in sorted(state, key=str) for x in (str(key), *flat(state[key]))]
    if isinstance(state, (list, tuple)):
        return [x for item in state for x in flat(item)]
    return [state.tolist() if isinstance(state, torch.Tensor) else state]

# SPDX-License-Identifier: Apache-2.0
"""Run as a script (`FOLDER`) it starts processes that write checkpoints, kills each at another moment, and looks at what is left."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from monai_ext.handlers.checkpoint_file import CheckpointFile

_LARGE = 500_000


def state(number, *, numbers=1000):
    return {"number": number, "objects": {"weight": torch.full((numbers,), float(number))}}


def saved(folder) -> CheckpointFile:
    return CheckpointFile(Path(folder) / "checkpoint.pt", {"number", "objects"})


def _kill_all(folder: Path) -> None:
    saved(folder).write(state(0, numbers=_LARGE))
    once = _seconds(lambda: saved(folder).write(state(0, numbers=_LARGE)))
    for moment in range(25):
        _one(folder, f"after {moment / 12.5:.2f} writes", seconds=2 * once * moment / 25)
    for call in range(1, 100):
        if not _one(folder, f"at call {call}", call=call):
            return
    raise AssertionError("a write never ended")


def _seconds(call: Callable) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def _one(folder: Path, when: str, **kill) -> bool:
    """Whether a process was killed; checks what it has left."""
    before = saved(folder).read()["number"]
    child = os.fork()
    if child == 0:
        _victim(folder, before, **kill)
    if "seconds" in kill:
        time.sleep(kill["seconds"])
        os.kill(child, signal.SIGKILL)
    killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    rest = " and a temporary" if list(folder.glob("*.tmp")) else ""
    after = saved(folder).read()
    assert torch.equal(after["objects"]["weight"], torch.full((_LARGE,), float(after["number"]))), when
    assert after["number"] >= before, when
    print(f"{when}: {'new' if after['number'] > before else 'old'}{rest}", flush=True)
    return killed


def _victim(folder: Path, number: int, *, seconds: float | None = None, call: int = 0) -> None:
    """Goes on from the newest and writes: for ever, or once and dies at a call of the file system."""
    file = saved(folder)
    file.read()
    if seconds is None:
        left = iter(range(call - 1, -1, -1))
        sys.addaudithook(
            lambda event, _: (
                _die() if event in ("open", "os.link", "os.rename", "os.remove") and next(left) == 0 else None
            )
        )
        file.write(state(number + 1, numbers=_LARGE))
        os._exit(0)
    while True:
        number += 1
        file.write(state(number, numbers=_LARGE))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    torch.set_num_threads(1)
    _kill_all(Path(sys.argv[1]))

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

__all__ = ["exit_on_signal"]

_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)


def exit_on_signal() -> None:
    """From now on SIGTERM, SIGINT (Ctrl-C) and SIGUSR1 end the process in order: files under way are removed, one line, no traceback.

    The code is 128 + the signal's number, as a shell has it: 143, 130, 138. A signal that has a handler already keeps it, and outside of the main thread, where
    Python allows none, nothing happens, nor does it in a program that runs a bundle from Python. A training replaces it by `StopOnSignal`, which saves, while it runs.
    """
    if not _is_command() or threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGTERM", "SIGINT", "SIGUSR1"):
        number = getattr(signal, name, None)  # Windows has no SIGUSR1
        if number is not None and signal.getsignal(number) in _DEFAULTS:
            signal.signal(number, _leaver(os.getpid()))


def _is_command() -> bool:
    """Whether this process is `python -m monai.bundle ...`."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec is not None and spec.name == "monai.bundle.__main__"


def _leaver(process: int) -> Callable[[int, FrameType | None], NoReturn]:
    def leave(number: int, _: FrameType | None) -> NoReturn:
        if os.getpid() == process:  # a forked child ends in silence
            print(
                f"{signal.Signals(number).name}: ended outside of the training, there is nothing to save.",
                file=sys.stderr,
                flush=True,
            )
        sys.exit(128 + number)

    return leave

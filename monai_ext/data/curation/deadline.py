# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

__all__ = ["deadline"]

_HUNG = 70  # exit code


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Ends this process at once if the block takes longer: a decoder that hangs in C code hears nothing else.

    For worker processes, whose parent finds out why they died; see `run_jobs`.
    """
    timer = threading.Timer(seconds, os._exit, [_HUNG])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()

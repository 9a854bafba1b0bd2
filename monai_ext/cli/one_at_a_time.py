# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from .command_error import CommandError

try:
    import fcntl
except ImportError:  # Windows: two commands into one folder are not noticed
    fcntl = None

__all__ = ["one_at_a_time"]


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """While the block runs no other command that asks works in the folder; the system lets go of a killed one's lock.

    Args:
        folder: made if missing.

    Raises:
        CommandError: if another one does, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / ".lock", "w")  # noqa: SIM115
    except OSError as error:
        raise CommandError(
            f"--out must be a folder that can be written, got '{folder}' ({error.strerror}); name another."
        ) from error
    with lock:
        try:
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(
                f"'{folder}' must be filled by one command at a time, another is at work; wait for it."
            ) from error
        yield

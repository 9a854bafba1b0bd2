# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from monai_ext.ops import exclusive_file

from .command_error import CommandError

__all__ = ["one_at_a_time"]


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """While the block runs no other command that asks works in the folder; the system lets go of a killed one's lock.

    Args:
        folder: made if missing.

    Raises:
        CommandError: if another one does, or the folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held = stack.enter_context(exclusive_file(folder / ".lock"))
        except OSError as error:
            raise CommandError(
                f"--out must be a folder that can be written, got '{folder}' ({error.strerror}); name another."
            ) from error
        if not held:
            raise CommandError(f"'{folder}' must be filled by one command at a time, another is at work; wait for it.")
        yield

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from monai_ext.data.cache_folder import make_folder

from .command_error import CommandError

__all__ = ["new_folder"]


@contextlib.contextmanager
def new_folder(out: str) -> Iterator[Path]:
    """Makes the folder that a command writes: whole at the end of the block, or not at all.

    Args:
        out: as the user gave it; must not exist or be empty.

    Yields:
        A temporary folder to fill, beside it.

    Raises:
        CommandError: if there is something in it already, or it cannot be written.
    """
    folder = Path(out).resolve()
    was_empty = folder.is_dir()
    made = [parent for parent in folder.parents if not parent.exists()]
    try:
        _refuse_full(folder, out)
        with make_folder(folder) as temporary:
            if temporary is None:
                raise CommandError(
                    f"--out must be a new or empty folder, got '{out}', which another process has just made."
                )
            yield temporary
    except OSError as error:
        reason = error.strerror or error
        raise CommandError(
            f"--out must be a folder that can be written, got '{out}' ({reason}); make room or name another."
        ) from error
    finally:
        if not folder.exists():
            _remove_empty(made)
            if was_empty:
                folder.mkdir()


def _refuse_full(folder: Path, out: str) -> None:
    """An empty folder makes room for the new one."""
    if folder == Path.cwd():
        raise CommandError(f"--out must be another folder than the one that you are in, got '{out}'; name a new one.")
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    elif folder.exists():
        raise CommandError(f"--out must be a new or empty folder, got '{out}'; name another.")


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()

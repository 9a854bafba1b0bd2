# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

__all__ = ["atomic_file"]


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike[str], *, shared: bool = False) -> Iterator[Path]:
    """Write a file so that a reader, or a kill at any moment, finds the old one or the new one, whole.

        with atomic_file("curves.csv") as temporary:
            temporary.write_text(rows)

    The block writes `<name>.tmp` in the same folder (made if missing); its end flushes it to the disk and renames it.
    An exception in the block removes it and leaves the old file. A killed process may leave `<name>.tmp`: the next
    write of the same file replaces it. One process writes a file; where several may, `shared` gives each a temporary name of
    its own, the last to end wins, and who starts them removes what killed ones left.

    Args:
        path: the file to write.
        shared: several processes may write it at a time.

    Yields:
        The temporary name to write to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    own = f".{secrets.token_hex(8)}" if shared else ""
    temporary = path.with_name(f"{path.name}{own}.tmp")
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself survive a power cut; a file system or system without it does without."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    with contextlib.suppress(OSError):
        os.fsync(descriptor)
    os.close(descriptor)

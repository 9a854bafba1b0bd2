# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

__all__ = ["atomic_file"]

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def atomic_file(
    path: str | os.PathLike[str], *, shared: bool = False, keep: str | os.PathLike[str] | None = None
) -> Iterator[Path]:
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
        keep: a second name, in the same file system, under which the old file stays.

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
        if keep is not None and path.is_file():
            _link(path, Path(keep))
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            error.filename = error.filename or str(path)  # a full disk does not tell of what
        raise
    _sync_folder(path.parent)


def _link(path: Path, name: Path) -> None:
    """Under both names, so that at no moment `path` is missing; a file system without links does without."""
    temporary = name.with_name(f"{name.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(path, temporary)
    except OSError:
        os.replace(path, name)
    else:
        os.replace(temporary, name)
        temporary.unlink(missing_ok=True)  # rename does nothing where both are links to one file


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself survive a power cut; a file system or system without it does without."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    with contextlib.suppress(OSError):
        os.fsync(descriptor)
    os.close(descriptor)

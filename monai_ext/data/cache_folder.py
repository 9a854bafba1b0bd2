# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: without the lock two processes may both do the work; the first to end wins
    fcntl = None

__all__ = ["make_folder"]


@contextlib.contextmanager
def make_folder(folder: Path) -> Iterator[Path | None]:
    """Makes a folder as a whole, by one process at a time.

    The block fills the temporary folder that it is given, beside the one to make, and the end of the block renames it; an
    exception removes it. Other processes wait, however long it takes, which a barrier of torch.distributed would not
    allow. The operating system drops the lock of a killed process, and the next one removes what it left.

    Args:
        folder: to make; its parent is made if missing.

    Yields:
        The temporary folder; or None if another process has made the folder meanwhile.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _turn(folder.with_name(f".{folder.name}.lock")):
        if folder.exists():
            yield None
            return
        _remove_dead(folder)
        temporary = folder.with_name(f"{folder.name}.{socket.gethostname()}.{os.getpid()}.tmp")
        temporary.mkdir()
        try:
            yield temporary
            _rename(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Holds a file's lock. Who ends removes the file, so who gets the lock makes sure that it is still the named one."""
    while True:
        with open(path, "w") as lock:
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_named(path, lock.fileno()):
                continue
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    path.unlink()
            return


def _is_named(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _rename(temporary: Path, folder: Path) -> None:
    try:
        os.rename(temporary, folder)
    except OSError:
        if not folder.exists():  # otherwise another machine was faster
            raise


def _remove_dead(folder: Path) -> None:
    """Removes what killed processes of this machine left: of this folder, whose lock we hold, and of others."""
    for left in folder.parent.glob(f"*.{socket.gethostname()}.*.tmp"):
        if (fcntl and left.name.startswith(f"{folder.name}.")) or not _is_alive(int(left.suffixes[-2][1:])):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(process: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

__all__ = ["unpack_bundle"]

_MOST_FILES = 10_000
_MOST_BYTES = 2**34  # a ViT-H with its decoder has 2.6 GB
_MOST_RATIO = 100  # weights hardly shrink
_BLOCK = 2**20
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    FileExistsError,
    NotADirectoryError,
    NotImplementedError,
    RuntimeError,
)
"""What `zipfile` raises about bytes, and about passwords; and the system about a file where a folder should be."""
_CONFIG = PurePosixPath("configs", "inference.json")


def unpack_bundle(archive: str | os.PathLike[str], folder: str | os.PathLike[str]) -> Path:
    """Unpacks a bundle from a zip file, which is not trusted to stay where it is told.

    All is checked before anything is written: no absolute name, no `..`, no drive or backslash, no link or device, no name twice, not too much of all. A
    file never becomes larger than the archive says.

    Args:
        archive: zip file that holds the bundle at its top or in one folder there.
        folder: to unpack into; empty.

    Returns:
        The folder of the bundle: the one that holds configs/inference.json.

    Raises:
        OSError: if the archive cannot be read, or the folder not be written.
        ValueError: if it is no zip file, broken, encrypted, holds no bundle, names that lead elsewhere, or too much.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            members = [member for member in content.infolist() if not member.is_dir()]
            _check(members, os.path.getsize(archive))
            _extract(content, members, Path(folder))
    except _BROKEN as error:
        raise ValueError(
            f"'{archive}' must be a zip file of a bundle, it is broken ({error}); copy it again."
        ) from error
    except ValueError as error:
        raise ValueError(f"'{archive}' must be a zip file of a bundle: {error}") from error
    return _bundle(archive, Path(folder))


def _check(members: list[zipfile.ZipInfo], packed: int) -> None:
    if len(members) > _MOST_FILES:
        raise ValueError(f"it must hold at most {_MOST_FILES} files, got {len(members)}.")
    size, most = sum(member.file_size for member in members), min(_MOST_BYTES, _MOST_RATIO * packed + 2**20)
    if size > most:
        raise ValueError(f"it must hold at most {most} bytes, got {size}; do not trust it.")
    seen: set[str] = set()
    for member in members:
        name, kind = member.filename, stat.S_IFMT(member.external_attr >> 16)
        parts = name.split("/")
        if "" in parts or ".." in parts or "." in parts or any(sign in name for sign in "\\:\0"):
            raise ValueError(f"its names must stay in its folder, got {name!r}; do not trust it.")
        if kind not in (0, stat.S_IFREG):
            raise ValueError(f"it must hold plain files, {name!r} is a link or a device; do not trust it.")
        if name.casefold() in seen:
            raise ValueError(f"its names must differ, got {name!r} twice; do not trust it.")
        seen.add(name.casefold())


def _extract(content: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> None:
    for member in members:
        target = folder.joinpath(*member.filename.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        with content.open(member) as source, open(target, "xb") as file:
            shutil.copyfileobj(source, file, _BLOCK)


def _bundle(archive: str | os.PathLike[str], folder: Path) -> Path:
    inside = sorted(path for path in folder.iterdir() if path.is_dir())
    found = [path for path in (folder, *inside) if (path / _CONFIG).is_file()]
    if len(found) != 1:
        raise ValueError(f"'{archive}' must hold one bundle with {_CONFIG}, got {len(found)}; zip the bundle's folder.")
    return found[0]

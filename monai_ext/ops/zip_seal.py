# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import os
from typing import BinaryIO

__all__ = ["ZipSeal"]

_MARK = b"sha256 "
_DIGITS = 64
_BLOCK = 1 << 20


class ZipSeal:
    """A SHA-256 of a zip file in the file itself: its comment is `sha256 <64 digits>`, over all that stands before the digits.

    Files of `torch.save` are zip files, and `torch.load` does not notice a changed bit in a tensor. Sealed or not they are read
    alike, by it and by every other program; `unzip -z` shows the seal.

    References:
        PKWARE, APPNOTE.TXT 6.3.10, section 4.3.16: the file ends with its comment, and two bytes of its length before it.
    """

    @staticmethod
    def write(path: str | os.PathLike[str]) -> None:
        """Seal a zip file that has no comment."""
        with open(path, "rb+") as file:
            file.seek(-2, os.SEEK_END)
            file.write((len(_MARK) + _DIGITS).to_bytes(2, "little") + _MARK)
            length = file.tell()
            file.write(_digits(file, length))

    @staticmethod
    def check(path: str | os.PathLike[str]) -> None:
        """Refuse a file that is not as it was sealed; a file without a seal, of an earlier version, passes.

        Raises:
            ValueError: if so.
        """
        with open(path, "rb") as file:
            length = max(0, os.fstat(file.fileno()).st_size - _DIGITS)
            file.seek(max(0, length - len(_MARK)))
            mark, digits = file.read(len(_MARK)), file.read()
            if mark == _MARK and digits != _digits(file, length):
                raise ValueError(f"'{path}' must be as it was written, its checksum tells that it is not.")


def _digits(file: BinaryIO, length: int) -> bytes:
    """Digest of the first bytes; the file is then at their end."""
    file.seek(0)
    digest = hashlib.sha256()
    while length > 0 and (block := file.read(min(_BLOCK, length))):
        digest.update(block)
        length -= len(block)
    return digest.hexdigest().encode()

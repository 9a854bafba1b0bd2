# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

__all__ = ["read_text"]


def read_text(path: Path) -> str:
    """Text of a label file, with or without a byte order mark; bytes that are no UTF-8 are read as Latin-1.

    Raises:
        OSError: if it cannot be read.
    """
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")

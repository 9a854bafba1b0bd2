# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

__all__ = ["sheet_name"]

_FORMULA = tuple("=+-@\t\r＝＋－＠")  # how spreadsheets know one


def sheet_name(path: str | os.PathLike[str]) -> str:
    """Path of a file for a CSV table: one that a spreadsheet would take for a formula gets `./` before it, and is the same path.

        sheet_name("=1+1.png")  # ./=1+1.png

    Args:
        path: relative or absolute.

    References:
        OWASP, CSV injection.
    """
    name = os.fspath(path)
    return f"./{name}" if name.startswith(_FORMULA) else name

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

from .describe_xa import describe_xa
from .guard_xa import guard_xa
from .open_xa import open_xa
from .xa_header import XAHeader

__all__ = ["read_xa_header"]


def read_xa_header(path: str | os.PathLike[str]) -> XAHeader:
    """What a DICOM file of X-ray images says of itself; its pixels are not read.

    Args:
        path: of the file.

    Raises:
        FileNotFoundError: if there is no such file.
        ImportError: without pydicom.
        ValueError: if it is no DICOM file, holds another kind of image or no pixels, or its header is damaged or impossible.
    """
    return guard_xa(path, lambda: _read(path))


def _read(path: str | os.PathLike[str]) -> XAHeader:
    with open_xa(path) as file:
        return describe_xa(file)

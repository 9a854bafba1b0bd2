# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

__all__ = ["read_xml"]

_MOST_BYTES = 2**20  # labelImg writes some 500 bytes a box


def read_xml(path: Path) -> ElementTree.Element:
    """Root of a label file in XML, which is not trusted.

    A document type is refused before any of its entities is expanded: label files have none, and entities can grow to gigabytes or name other files.

    Args:
        path: of the file.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is no XML, larger than 1 MiB, or has a document type.
    """
    with open(path, "rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"it must have at most {_MOST_BYTES} bytes")
    guard = expat.ParserCreate()
    guard.StartDoctypeDeclHandler = _refuse
    try:
        guard.Parse(content, True)
        return ElementTree.fromstring(content)
    except (expat.ExpatError, LookupError) as error:  # LookupError: an encoding that does not exist
        raise ValueError(str(error)) from error


def _refuse(*_: object) -> NoReturn:
    raise ValueError("it must have no document type (DOCTYPE)")

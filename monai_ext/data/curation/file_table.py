# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from monai_ext.ops import atomic_file

from .frame_table import FrameTable
from .pseudonyms import Pseudonyms

__all__ = ["write_file_table"]


def write_file_table(path: Path, tables: Iterable[FrameTable], pseudonyms: Pseudonyms) -> int:
    """Writes which file a key stands for, and why a file cannot be read: for the owner of the files, who alone may read it.

    Returns:
        How many files cannot be read, or not as a whole.
    """
    errors = 0
    with atomic_file(path) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", newline="", encoding="utf-8", errors="backslashreplace") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "path", "source", "error"])
            for known in (known for table in tables for known in table.files):
                key = pseudonyms.file(known.file.path)
                writer.writerow([key, known.file.path, known.source, " ".join(known.error.split())])
                errors += bool(known.error)
    return errors

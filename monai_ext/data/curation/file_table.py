# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from monai_ext.ops import atomic_file, sheet_name

from .frame_table import FrameTable
from .list_sources import Source
from .pseudonyms import Pseudonyms

__all__ = ["write_file_table"]


def write_file_table(
    path: Path, tables: Iterable[FrameTable], sources: Iterable[Source], pseudonyms: Pseudonyms
) -> None:
    """Writes which file a key stands for, and what is broken and why: for the owner of the files, who alone may read it."""
    with atomic_file(path) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", newline="", encoding="utf-8", errors="backslashreplace") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "path", "source", "error"])
            for known in (known for table in tables for known in table.files):
                key = pseudonyms.file(known.file.path)
                writer.writerow(
                    [key, sheet_name(known.file.path), sheet_name(known.source), " ".join(known.error.split())]
                )
            for source in sources:
                for fault in source.faults:
                    writer.writerow(["", sheet_name(fault.path), sheet_name(source.name), fault.reason])

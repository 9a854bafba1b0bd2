# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

from .find_source import find_source
from .listing import Listing
from .readers import READERS

__all__ = ["read_records"]


def read_records(folder: str | os.PathLike[str], kind: str | None = None) -> Listing:
    """What a data set holds, as published or a part of it, or a folder of one's own. No image is decoded.

    What is broken is reported, not raised: of 100,000 files three of which are broken, 99,997 are records and three are faults.

    Args:
        folder: of the data set; links in it are followed.
        kind: key of `READERS`; left out, `find_source` finds it.

    Returns:
        Records in natural order of their paths, files left out by reason, faults.

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: if the kind is unknown, or there is no image.
        ImportError: for DICOM without pydicom.
    """
    folder = Path(folder)
    if kind is not None and kind not in READERS:
        raise ValueError(
            f"kind must be one of {', '.join(READERS)}, got {kind!r}; leave it out to find it by the layout."
        )
    if not folder.is_dir():
        raise FileNotFoundError(f"'{folder}' must be a folder of images, there is none; check the path.")
    return READERS[kind or find_source(folder) or "images"](folder)

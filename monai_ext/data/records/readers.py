# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .arcade import read_arcade
from .cadica import read_cadica
from .coronary_dominance import read_coronary_dominance
from .danilov import read_danilov
from .dicom_folders import read_dicom_folders
from .listing import Listing
from .mask_folders import read_mask_folders
from .plain_images import read_plain_images
from .syntax import read_syntax
from .xcad import read_xcad
from .xcav import read_xcav

__all__ = ["READERS"]

READERS: dict[str, Callable[[Path], Listing]] = {
    "arcade": read_arcade,
    "cadica": read_cadica,
    "coronary_dominance": read_coronary_dominance,
    "dicom": read_dicom_folders,
    "images": read_plain_images,
    "masks": read_mask_folders,
    "stenosis": read_danilov,
    "syntax": read_syntax,
    "xcad": read_xcad,
    "xcav": read_xcav,
}
"""What reads a kind of data set."""

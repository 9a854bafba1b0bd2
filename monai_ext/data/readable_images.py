# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

from monai_ext.ops import one_line

from .read_grey import read_grey

__all__ = ["readable_images"]

logger = logging.getLogger(__name__)


def readable_images(files: Iterable[str | Path]) -> list[str]:
    """The files that can be read whole; the others are reported, so that one broken file does not end a long run.

    Args:
        files: of images.

    Returns:
        Their names, in the same order.

    Raises:
        ValueError: if none can be read.
    """
    readable, broken = [], []
    for file in tqdm(list(files), "checking images", unit="image", disable=None):
        try:
            read_grey(file)
            readable.append(str(file))
        except (ValueError, OSError) as error:
            broken.append(one_line(error))
    if broken:
        logger.warning(
            "%d of %d images are left out:\n  %s", len(broken), len(broken) + len(readable), "\n  ".join(broken)
        )
    if not readable:
        raise ValueError(
            f"at least one image must be readable, got {len(broken)} broken ones; the first: {broken[:1]}."
        )
    return readable

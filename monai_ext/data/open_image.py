# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator

from PIL import Image

__all__ = ["open_image"]

_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "PPM")


@contextlib.contextmanager
def open_image(path: str | os.PathLike[str]) -> Iterator[Image.Image]:
    """Opens an image file, which is not trusted: of a plain format, whatever its name says, and not absurdly large.

    Pillow tells the format by the content; for EPS it would start Ghostscript. Warnings of broken tags that do not matter are silent while it is open.

    Args:
        path: PNG, JPEG, BMP, TIFF, PPM or PGM.

    Yields:
        The image, not decoded yet.

    Raises:
        FileNotFoundError: if there is no such file.
        PIL.Image.DecompressionBombWarning, PIL.Image.DecompressionBombError: if it has more than `PIL.Image.MAX_IMAGE_PIXELS`, 89 million.
        OSError: if it is of none of these formats; decoders raise about ten kinds more on broken files.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path, formats=_FORMATS) as image:
            yield image

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np

from .codestream_size import codestream_size
from .gdcm_jpeg12 import gdcm_jpeg12
from .xa_fault import XAFault
from .xa_file import XAFile

__all__ = ["FrameDecoder"]

_ORDER = ("pydicom", "pillow", "gdcm", "pylibjpeg", "pyjpegls")
"""Pillow before GDCM, which takes the rest of a JPEG image that is cut off as grey."""
_ORDER_JPEG_2000 = ("pylibjpeg", "pillow", "gdcm")
"""pylibjpeg is first because Pillow scales samples of odd depths."""


class FrameDecoder:
    """Decodes the frames of one file, one at a time.

    Args:
        file: of them.

    Raises:
        ImportError: if the decoder is not installed.
        XAFault: if there is none.
    """

    def __init__(self, file: XAFile) -> None:
        from pydicom.pixels import get_decoder
        from pydicom.uid import JPEG2000TransferSyntaxes

        self._file = file
        try:
            self._decoder = get_decoder(file.pixel_syntax)
        except NotImplementedError:
            raise XAFault(f"there is no decoder for its transfer syntax {file.syntax.name}; convert it.") from None
        if not self._decoder.is_available:
            raise self._missing()
        order = _ORDER_JPEG_2000 if file.pixel_syntax in JPEG2000TransferSyntaxes else _ORDER
        self._plugin = next((name for name in order if name in self._decoder.available_plugins), "")

    def __call__(self, packed: bytes) -> np.ndarray:
        """Stored values of one frame.

        Args:
            packed: the frame as it lies in the file.

        Returns:
            (rows, columns), or (rows, columns, 3) of red, green and blue; integers.
        """
        syntax, layout = self._file.pixel_syntax, self._file.layout
        if not syntax.is_encapsulated:
            shift = layout.high_bit + 1 - layout.stored
            values = self._decode(packed, bits_stored=layout.high_bit + 1, pixel_vr=self._file.pixel_vr)
            return values >> shift if shift else values
        bits = self._checked_bits(packed)
        if syntax.name.startswith("JPEG Extended") and bits > 8:
            return self._decode_extended(packed)
        from pydicom.encaps import encapsulate

        return self._decode(encapsulate([packed], has_bot=False), bits_allocated=8 if bits <= 8 else 16)

    def _decode(self, source: bytes, **changes: Any) -> np.ndarray:
        layout = self._file.layout
        options = {
            "number_of_frames": 1,
            "rows": layout.rows,
            "columns": layout.columns,
            "samples_per_pixel": layout.samples,
            "photometric_interpretation": layout.photometric,
            "planar_configuration": layout.planar,
            "bits_allocated": layout.allocated,
            "bits_stored": layout.stored,
            "pixel_representation": int(layout.signed),
            "pixel_keyword": "PixelData",
        }
        return self._decoder.as_array(source, index=0, decoding_plugin=self._plugin, **(options | changes))[0]

    def _checked_bits(self, packed: bytes) -> int:
        """Bits of a sample in the compressed frame, whose size must be that of the header."""
        from pydicom.uid import RLELossless

        layout = self._file.layout
        if self._file.pixel_syntax == RLELossless:
            return layout.allocated
        size = codestream_size(packed)
        expected = layout.rows, layout.columns, layout.samples
        if (
            size is None
            or size[:3] != expected
            or not (layout.stored <= 8 or size[3] > 8)
            or size[3] > layout.allocated
        ):
            got = "no image" if size is None else "x".join(map(str, size))
            raise XAFault(
                f"compressed frames must be {'x'.join(map(str, expected))}x{layout.stored} (rows x columns x samples x bits) "
                f"as in the header, got {got}; leave it out."
            )
        return size[3]

    def _decode_extended(self, packed: bytes) -> np.ndarray:
        """pydicom hands 12 bits to no decoder but libjpeg (GPL), although GDCM has them."""
        if "gdcm" in self._decoder.available_plugins:
            return gdcm_jpeg12(packed, self._file.layout)
        raise self._missing()

    def _missing(self) -> ImportError:
        return ImportError(
            f"the transfer syntax {self._file.syntax.name} needs a decoder that is not installed; pip install 'monai_ext[dicom]'."
        )

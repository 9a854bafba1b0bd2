# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from .pixel_layout import PixelLayout

__all__ = ["gdcm_jpeg12"]


def gdcm_jpeg12(packed: bytes, layout: PixelLayout) -> np.ndarray:
    """A grey frame of JPEG Extended (process 4, 12 bits), decoded by GDCM.

    Args:
        packed: the JPEG image; its size must be that of the layout.
        layout: of the pixels.

    Returns:
        (rows, columns), integers.

    Raises:
        ValueError: if it is broken or has colours.
    """
    import gdcm

    if layout.samples != 1:
        raise ValueError("JPEG Extended of 12 bits must be grey.")
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(packed)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((layout.columns, layout.rows, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.GetPIType(layout.photometric)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGExtendedProcess2_4))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, layout.stored, layout.stored - 1, int(layout.signed)))
    values = image.GetBuffer().encode("utf-8", "surrogateescape")  # GDCM hands bytes over as text
    return np.frombuffer(values, "<i2" if layout.signed else "<u2").reshape(layout.rows, layout.columns)

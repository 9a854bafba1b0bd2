# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, BinaryIO

from .xa_fault import XAFault

if TYPE_CHECKING:
    from pydicom.dataset import FileMetaDataset

__all__ = ["inflate_dicom"]

_MOST_RATIO = 100
_MOST_BYTES = 2**30


def inflate_dicom(content: BinaryIO, meta: FileMetaDataset) -> BinaryIO:
    """A deflated DICOM file as one in Explicit VR Little Endian (PS3.5, A.5).

    pydicom would inflate it too, but without a limit.

    Args:
        content: the file, at the start of what was deflated.
        meta: its file meta information; its transfer syntax is changed.

    Raises:
        XAFault: if it grows to more than 100 times its length, or 1 GiB, as no angiogram does.
    """
    from pydicom.filewriter import write_file_meta_info
    from pydicom.uid import ExplicitVRLittleEndian

    packed = content.read()
    most = min(_MOST_BYTES, _MOST_RATIO * len(packed) + 2**20)
    body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    if len(body) == most:
        raise XAFault(f"it must inflate to less than {most} bytes, got more; leave it out.")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    inflated = io.BytesIO()
    inflated.write(bytes(128) + b"DICM")
    write_file_meta_info(inflated, meta, enforce_standard=False)
    inflated.write(body)
    inflated.seek(0)
    return inflated

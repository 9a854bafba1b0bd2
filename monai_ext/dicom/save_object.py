# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import os
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from monai_ext.data.xa.quiet_pydicom import quiet_pydicom
from monai_ext.ops import atomic_file

from .source_header import SourceHeader
from .stable_uid import stable_uid

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["save_object"]


def save_object(
    dataset: Dataset,
    source: SourceHeader,
    path: str | os.PathLike[str],
    *,
    moment: tuple[str, str] = ("ContentDate", "ContentTime"),
) -> None:
    """Gives a result its UID and writes it, uncompressed.

    The UID is made of the source's UID and of everything that the object says, but for the moment when it was made: the same algorithm on the same
    source gives the same UID, and an archive keeps one of them. Whatever differs, a mask's pixel, the weights, a corrected name, gives another.

    Args:
        dataset: complete but for its UID and the moment.
        source: of it.
        path: to write.
        moment: keywords of date and time when it was made.
    """
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    with quiet_pydicom():
        dataset.SOPInstanceUID = stable_uid(source.sop_instance, _digest(dataset))
        now = datetime.now()
        setattr(dataset, moment[0], now.strftime("%Y%m%d"))
        setattr(dataset, moment[1], now.strftime("%H%M%S"))
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        with atomic_file(path) as temporary:
            dataset.save_as(temporary, enforce_file_format=True)


def _digest(dataset: Dataset) -> str:
    encoded = BytesIO()
    dataset.save_as(encoded, implicit_vr=False, little_endian=True)
    return hashlib.sha256(encoded.getbuffer()).hexdigest()

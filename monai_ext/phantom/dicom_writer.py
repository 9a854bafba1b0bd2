# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from monai_ext.ops import atomic_file

from .angiogram import Angiogram
from .check_dicom import check_dicom
from .dicom_angiogram import dicom_angiogram
from .draw_angiogram import PHANTOM_VERSION
from .settings import PhantomSettings
from .write_labels import write_labels

__all__ = ["DicomWriter"]


class DicomWriter:
    """Angiograms as single DICOM images `NNNNN.dcm` (XA Image Storage), beside them the labels of `write_labels`; NNNNN is the index.

    Args:
        settings: of the phantoms.
        seed: of the phantoms.

    Raises:
        ImportError: without pydicom.
        ValueError: if DICOM has no angiograms of so many bits.
    """

    def __init__(self, settings: PhantomSettings, seed: int) -> None:
        check_dicom(settings.bits)
        self.settings, self.seed = settings, seed

    def write(self, folder: Path, index: int, angiogram: Angiogram) -> None:
        """Writes one angiogram into the folder of the data set."""
        identity = json.dumps(["image", PHANTOM_VERSION, self.seed, index, self.settings.to_dict()])
        dataset = dicom_angiogram(angiogram.image, angiogram, f"{self.seed}-{index}", identity)
        with atomic_file(folder / f"{index:05}.dcm") as temporary:
            dataset.save_as(temporary, enforce_file_format=True)
        write_labels(folder, f"{index:05}", angiogram)

    def finish(self, folder: Path, records: Iterable[None]) -> None:
        """Nothing is left to do when all are written."""

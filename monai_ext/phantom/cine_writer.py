# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from monai_ext.ops import atomic_file

from .angiogram import Angiogram
from .check_dicom import check_dicom
from .dicom_angiogram import dicom_angiogram
from .draw_angiogram import PHANTOM_VERSION
from .settings import PhantomSettings
from .write_labels import write_labels

__all__ = ["CineWriter"]


class CineWriter:
    """Cines as multi-frame DICOM images `NNNNN.dcm`, beside them the labels of `write_labels` of each frame: `KIND/NNNNN/FFF`.

    NNNNN is the index, FFF the number of the frame from 001, as DICOM counts.

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

    def write(self, folder: Path, index: int, frames: Iterable[Angiogram]) -> None:
        """Writes one cine into the folder of the data set; of its frames, only the images are kept in memory."""
        images = []
        for number, frame in enumerate(frames, 1):
            write_labels(folder, f"{index:05}/{number:03}", frame)
            images.append(frame.image)
        identity = json.dumps(["cine", PHANTOM_VERSION, self.seed, index, self.settings.to_dict()])
        name, time = f"{self.seed}-{index}", self.settings.frame_time
        dataset = dicom_angiogram(np.stack(images), frame, name, identity, frame_time=time)
        with atomic_file(folder / f"{index:05}.dcm") as temporary:
            dataset.save_as(temporary, enforce_file_format=True)

    def finish(self, folder: Path, records: Iterable[None]) -> None:
        """Nothing is left to do when all are written."""

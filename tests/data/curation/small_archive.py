# SPDX-License-Identifier: Apache-2.0
"""A small archive with one of each thing that curation must cope with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from monai_ext.phantom import CineWriter, PhantomSettings, draw_angiogram, draw_cine

SECRET = "Geheim"
"""Part of a patient's name."""


def small_archive(root: Path) -> dict[str, Path]:
    """Makes folders `images` (by a patient's name), `more`, `dicom` and `held`."""
    settings = PhantomSettings(size=160, early_share=0.0)
    pictures = [draw_angiogram(11, i, settings).image for i in range(5)]
    images, more, dicom, held = (root / name for name in ("images", "more", "dicom", "held"))
    for i in range(4):
        _save(pictures[i], images / f"{SECRET}_{i}.png")
    _save(pictures[0], images / "again.jpg")
    _save(np.full((160, 160), 90, np.uint8), images / "flat.png")
    _save(pictures[1][:40, :40], images / "tiny.png")
    (images / "broken.png").write_bytes((images / f"{SECRET}_0.png").read_bytes()[:500])
    (images / "notes.txt").write_text("")
    _save(pictures[2], more / "elsewhere.bmp")
    _save(_written(pictures[4]), more / "text.png")
    _save(np.clip(pictures[3] * 0.9 + 12, 0, 255).astype(np.uint8), held / "test" / "1.png")
    _write_cine(dicom, PhantomSettings(size=96, frames=10, bits=12))
    (dicom / "broken.dcm").write_bytes((dicom / "00000.dcm").read_bytes()[:2000])
    return {"images": images, "more": more, "dicom": dicom, "held": held}


def _save(picture: np.ndarray, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(file)


def _written(picture: np.ndarray) -> np.ndarray:
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).text((6, 6), "MUSTER, ANNA", fill=255, font=ImageFont.load_default(13))
    return np.asarray(image)


def _write_cine(folder: Path, settings: PhantomSettings) -> None:
    import pydicom

    folder.mkdir()
    CineWriter(settings, 3).write(folder, 0, draw_cine(3, 0, settings))
    dataset = pydicom.dcmread(folder / "00000.dcm")
    dataset.PatientName, dataset.PatientID = f"{SECRET}^Frau", f"{SECRET}-1"
    dataset.save_as(folder / "00000.dcm")
    for label in [*folder.rglob("*.png"), *folder.rglob("*.json")]:
        label.unlink()

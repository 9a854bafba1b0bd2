# SPDX-License-Identifier: Apache-2.0
"""Small files and weights to predict with, and the shipped bundles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from monai_ext.networks import stenosis_retinanet, vessel_segmenter, write_weights
from monai_ext.phantom import CineWriter, DicomWriter, PhantomSettings, draw_angiogram, draw_cine

BUNDLES = Path(__file__).parents[1] / "bundles"
SEG, DETECTION = BUNDLES / "vasomim_seg", BUNDLES / "vasomim_detection"
TINY = PhantomSettings.read({"size": 64, "frames": 5})


def write_seg_weights(path: Path, classes: int = 1, **facts) -> Path:
    """Of an untrained small network, with what training would say of it."""
    network = vessel_segmenter("unext", 1 if classes == 1 else 1 + classes, seed=0)
    network.final.bias.data.zero_()
    write_weights(network.state_dict(), path)
    knobs = {"label": "vessels" if classes == 1 else "segments", "classes": classes, "model": "unext", "image_size": 64}
    path.with_suffix(".json").write_text(json.dumps({"knobs": knobs, **facts}))
    return path


def write_detection_weights(path: Path) -> Path:
    """Of an untrained small network; the threshold lets some of its boxes pass."""
    write_weights(stenosis_retinanet("tiny", position_grid=14, seed=0).state_dict(), path)
    facts = {"position_grid": 14, "threshold": 0.01, "knobs": {"model": "tiny", "image_size": 64}}
    path.with_suffix(".json").write_text(json.dumps(facts))
    return path


def write_inputs(folder: Path) -> Path:
    """An image, a DICOM image and a cine of five frames in sub-folders."""
    (folder / "left").mkdir(parents=True)
    Image.fromarray(draw_angiogram(1, 0, TINY).image[:, :50]).save(folder / "left" / "7.png")
    DicomWriter(TINY, 0).write(folder / "single", 0, draw_angiogram(0, 0, TINY))
    CineWriter(TINY, 1).write(folder / "cines", 0, draw_cine(1, 0, TINY))
    for path in [*folder.rglob("*.png"), *folder.rglob("*.json")]:
        if path.parent.name != "left":
            path.unlink()  # labels
    return folder


def pictures(folder: Path) -> dict[str, np.ndarray]:
    """All PNG below a folder by their place."""
    return {path.relative_to(folder).as_posix(): np.asarray(Image.open(path)) for path in sorted(folder.rglob("*.png"))}

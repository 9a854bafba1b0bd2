# SPDX-License-Identifier: Apache-2.0
"""Angiograms for the server, and networks that are small but see something on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from monai.losses import DiceCELoss
from PIL import Image

from monai_ext.data import read_xa
from monai_ext.networks import stenosis_retinanet, vessel_segmenter, write_weights
from monai_ext.phantom import PhantomSettings, draw_cine
from monai_ext.phantom.dicom_angiogram import dicom_angiogram

ROWS, COLUMNS, FRAMES = 64, 96, 4
MEAN, STD = 0.45, 0.18
SETTINGS = PhantomSettings(size=COLUMNS, frames=FRAMES, frame_time=500.0, bits=8)


def draw_studies(folder: Path) -> None:
    """`cine.dcm`, `single.dcm`, its third frame, and the images `first.png`, `second.png`, its last two; all of 64 rows and 96 columns; masks in `masks/<frame>.png`."""
    frames = list(draw_cine(0, 2, SETTINGS))
    images = np.stack([frame.image[:ROWS] for frame in frames])
    for name, pixels, time in (("cine", images, 500.0), ("single", images[2], None)):
        dataset = dicom_angiogram(pixels, frames[0], name, name, frame_time=time)
        dataset.save_as(folder / f"{name}.dcm", enforce_file_format=True)
    Image.fromarray(images[2]).save(folder / "first.png")
    Image.fromarray(images[3]).save(folder / "second.png")
    (folder / "masks").mkdir()
    for number, frame in enumerate(frames):
        Image.fromarray(np.uint8(frame.vessels[:ROWS]) * 255).save(folder / f"masks/{number}.png")


def mask_of(studies: Path, frame: int) -> np.ndarray:
    """Where the vessels are, (rows, columns), bool."""
    return np.asarray(Image.open(studies / f"masks/{frame}.png")) > 0


def teach_networks(bundles: Path, studies: Path) -> None:
    """Weights for both bundles: a UNeXt that has learnt these vessels by heart, and a detector that answers with many boxes anywhere."""
    images = (torch.tensor(read_xa(studies / "cine.dcm").frames)[:, None] - MEAN) / STD
    masks = torch.tensor(np.stack([mask_of(studies, frame) for frame in range(FRAMES)]))[:, None].float()
    _write(
        bundles / "vasomim_seg", _learn(images, masks), {"label": "vessels", "model": "unext", "image_size": COLUMNS}
    )
    detector = stenosis_retinanet("tiny", position_grid=14, seed=0).state_dict()
    for name in [name for name in detector if name.endswith(("cls_logits.bias", "cls_logits.weight"))]:
        detector[name] = torch.zeros_like(detector[name]) if name.endswith("bias") else 8 * detector[name]
    _write(bundles / "vasomim_detection", detector, {"model": "tiny", "image_size": COLUMNS})


def _learn(images: torch.Tensor, masks: torch.Tensor) -> dict[str, torch.Tensor]:
    network = vessel_segmenter("unext", seed=0)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    loss = DiceCELoss(sigmoid=True, batch=True)
    for _ in range(100):
        optimizer.zero_grad()
        loss(network(images), masks).backward()
        optimizer.step()
    return network.state_dict()


def _write(bundle: Path, weights: dict[str, torch.Tensor], knobs: dict) -> None:
    (bundle / "models").mkdir()
    write_weights(weights, bundle / "models/model.pt")
    told = {"threshold": 0.5, "position_grid": 14, "knobs": knobs}
    (bundle / "models/model.json").write_text(json.dumps(told))

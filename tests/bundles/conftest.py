# SPDX-License-Identifier: Apache-2.0
"""The pre-training bundle, run once on small synthetic angiograms; the tests look at what it left."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import monai.bundle
import pytest

BUNDLE = Path(__file__).parents[2] / "bundles" / "vasomim_pretrain"
SMALL_DATA = {"phantom_count": 6, "frame_size": 64, "image_size": 64}
SMALL_RUN = SMALL_DATA | {"model": "tiny", "epochs": 2, "batch_size": 3, "base_rate": 0.01}


def run_bundle(*configs: str, **knobs) -> None:
    """`python -m monai.bundle run` in this process."""
    files = [str(BUNDLE / "configs" / config) for config in configs]
    hook = sys.excepthook
    try:
        monai.bundle.run(config_file=files, meta_file=None, logging_file=None, bundle_root=str(BUNDLE), **knobs)
    finally:
        sys.excepthook = hook


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> str:
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def segmentor(tmp_path_factory, cache) -> Path:
    folder = tmp_path_factory.mktemp("segmentor")
    run_bundle(
        "train_segmentor.json", output_dir=str(folder), segmentor_file=str(folder / "segmentor.safetensors"),
        cache_dir=cache, epochs=2, batch_size=3, **SMALL_DATA,
    )  # fmt: skip
    return folder / "segmentor.safetensors"


@pytest.fixture(scope="session")
def pretrained(tmp_path_factory, cache, segmentor) -> SimpleNamespace:
    """A finished pre-training, evaluated."""
    folder = tmp_path_factory.mktemp("pretrain")
    shared = {"output_dir": str(folder), "segmentor": str(segmentor), "cache_dir": cache}
    run_bundle("train.json", encoder_file=str(folder / "model.pt"), picture_every=1, **shared, **SMALL_RUN)
    run_bundle("evaluate.json", model="tiny", batch_size=4, **shared, **SMALL_DATA)
    return SimpleNamespace(folder=folder, encoder=folder / "model.pt", segmentor=segmentor)

# SPDX-License-Identifier: Apache-2.0
"""The pre-training bundle, run once on small synthetic angiograms; the tests look at what it left."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from small_run import SMALL_DATA, SMALL_RUN, run_bundle


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

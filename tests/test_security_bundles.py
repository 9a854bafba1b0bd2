# SPDX-License-Identifier: Apache-2.0
"""Bundles are trusted, for they are programs; weights, and archives until they are unpacked, are not (docs/security.md)."""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from limited_memory import error_within
from PIL import Image
from small_prediction import BUNDLE, predict, small_weights

from monai_ext.cli.unpack_bundle import unpack_bundle
from monai_ext.handlers import TrainingCheckpoint
from monai_ext.networks import load_segmentor, load_trained, read_weights, vessel_segmenter

CONFIG = "configs/inference.json"


class Attack:
    """Unpickled, it makes a file: any command could stand there."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch '{self.marker}'",)


@pytest.fixture
def image(tmp_path) -> Path:
    """A folder with an angiogram, of sorts."""
    (tmp_path / "in").mkdir()
    Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(tmp_path / "in" / "1.png")
    return tmp_path / "in"


@pytest.fixture
def marker(tmp_path) -> Path:
    return tmp_path / "attacked"


def pickled(kind: str, path: Path, marker: Path) -> Path:
    """The attack in every form in which weights come."""
    content = {"x": torch.ones(1), "attack": Attack(marker)}
    if kind == "plain pickle":
        path.write_bytes(pickle.dumps(content))
    elif kind == "old torch file":
        torch.save(content, path, _use_new_zipfile_serialization=False)
    elif kind == "nested":
        torch.save({"state_dict": content}, path)
    else:
        torch.save(content, path)
    return path


def test_the_attack_works_on_who_trusts_a_file(marker, tmp_path):
    """The tests below are worth something."""
    torch.load(pickled("torch file", tmp_path / "a.pt", marker), weights_only=False)
    assert marker.exists()


@pytest.mark.parametrize("kind", ["torch file", "nested", "old torch file", "plain pickle"])
@pytest.mark.parametrize("name", ["model.pt", "model.pth", "model.safetensors"])
def test_a_pickle_in_a_weights_file_runs_nothing(kind, name, marker, tmp_path):
    path = pickled(kind, tmp_path / name, marker)
    network = vessel_segmenter("unext", seed=0)
    for read in (read_weights, lambda file: load_trained(network, file), load_segmentor):
        with pytest.raises(ValueError, match="must be safetensors or a plain state dict of torch"):
            read(path)
    assert not marker.exists()


def test_a_pickle_in_a_checkpoint_runs_nothing(marker, tmp_path):
    pickled("torch file", tmp_path / "checkpoint.pt", marker)
    checkpoint = TrainingCheckpoint(tmp_path / "checkpoint.pt", {})
    with pytest.raises(ValueError, match=r"checkpoint .* cannot be read"):
        checkpoint.restore(Engine(lambda *_: None))
    assert not marker.exists()


def test_a_pickle_given_to_the_command_runs_nothing(marker, image, tmp_path, capsys):
    small_weights(tmp_path / "model.pt")
    pickled("torch file", tmp_path / "model.pt", marker)
    assert predict(image, tmp_path / "out", tmp_path / "model.pt") == 2
    assert "must be safetensors or a plain state dict of torch" in capsys.readouterr().err
    assert not marker.exists() and not (tmp_path / "out").exists()


@pytest.mark.parametrize("knob", ["label", "model", "image_size", "position_grid"])
def test_what_a_file_tells_of_its_weights_is_not_run(knob, marker, image, tmp_path, capsys):
    """`model.json` comes with the weights; an expression in it is only a text."""
    weights = small_weights(tmp_path / "model.pt", **{knob: f"$open({str(marker)!r}, 'w')"})
    predict(image, tmp_path / "out", weights, "--format", "json", "--no-viewer")
    assert not marker.exists()


def test_a_configuration_is_a_program(marker, image, tmp_path, capsys):
    """Why a bundle must be trusted: whatever stands in it is run."""
    config = json.loads((BUNDLE / CONFIG).read_text(encoding="utf-8"))
    config["initialize"] = [f"$open({str(marker)!r}, 'w')", *config["initialize"]]
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(CONFIG, json.dumps(config))
        archive.write(BUNDLE / "configs" / "metadata.json", "configs/metadata.json")
    weights = small_weights(tmp_path / "model.pt")
    predict(image, tmp_path / "out", weights, "--format", "json", "--no-viewer", bundle=tmp_path / "b.zip")
    assert marker.exists()


def test_a_zip_file_that_hides_its_size_does_not_fill_the_disk(tmp_path):
    """The directory claims ten bytes of what inflates to 16 MB: no more than that is written, and it is told."""
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CONFIG, bytes(2**24))
    content = bytearray((tmp_path / "b.zip").read_bytes())
    for signature, offset in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        struct.pack_into("<I", content, content.index(signature) + offset, 10)
    (tmp_path / "b.zip").write_bytes(content)
    with pytest.raises(ValueError, match="must be a zip file of a bundle"):
        unpack_bundle(tmp_path / "b.zip", tmp_path / "out")
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file()) <= 10


def test_a_zip_bomb_takes_no_memory(tmp_path):
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"models/{number}.pt", bytes(2**24))
    error = error_within(64, unpack_bundle, tmp_path / "b.zip", tmp_path / "out")
    assert error.startswith("ValueError") and "do not trust it" in error and not (tmp_path / "out").exists(), error

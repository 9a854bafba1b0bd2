# SPDX-License-Identifier: Apache-2.0
import json
import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from monai_ext.cli.bundle_zip import write_bundle_zip
from monai_ext.cli.own_wheel import own_wheel
from monai_ext.cli.trained_network import TrainedNetwork
from monai_ext.networks import vessel_segmenter, write_weights

BUNDLES = Path(__file__).parents[2] / "bundles"


@pytest.fixture
def bundle(tmp_path) -> Path:
    folder = tmp_path / "vasomim_seg"
    shutil.copytree(BUNDLES / "vasomim_seg", folder, ignore=shutil.ignore_patterns("runs", "models"))
    for place in ("runs/masks/patient.png", "images/patient.dcm", "models/older.pt", "models/side.safetensors"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text("x")
    return folder


def pack(bundle, tmp_path, weights="mine.safetensors") -> zipfile.ZipFile:
    write_weights(vessel_segmenter("unext", seed=1).state_dict(), tmp_path / weights)
    facts = {"threshold": 0.3, "knobs": {"model": "unext", "dataset_dir": "/home/somebody", "initial_weights": "/a"}}
    (tmp_path / weights).with_suffix(".json").write_text(json.dumps(facts))
    write_bundle_zip(TrainedNetwork.read(bundle, str(tmp_path / weights)), tmp_path / "a.zip")
    return zipfile.ZipFile(tmp_path / "a.zip")


def test_all_that_a_run_needs_and_nothing_else_is_there(bundle, tmp_path):
    names = {name.removeprefix("vasomim_seg/") for name in pack(bundle, tmp_path).namelist()}
    wheel, _ = own_wheel()
    kept = {
        path.relative_to(bundle).as_posix() for part in ("configs", "docs") for path in (bundle / part).rglob("*.*")
    }
    assert names == kept | {
        "LICENSE",
        "README.md",
        wheel,
        "models/model.pt",
        "models/model.json",
        "models/side.safetensors",
    }


def test_weights_lie_where_the_bundle_looks_whatever_their_name(bundle, tmp_path):
    packed = pack(bundle, tmp_path)
    with packed.open("vasomim_seg/models/model.pt") as file:
        weights = torch.load(file, weights_only=True)
    expected = vessel_segmenter("unext", seed=1).state_dict()
    assert weights.keys() == expected.keys() and all(torch.equal(weights[name], expected[name]) for name in expected)


def test_paths_of_the_training_stay_at_home(bundle, tmp_path):
    packed = pack(bundle, tmp_path)
    facts = json.loads(packed.read("vasomim_seg/models/model.json"))
    assert facts == {"threshold": 0.3, "knobs": {"model": "unext"}}
    assert not any(b"somebody" in packed.read(name) for name in packed.namelist())


def test_commands_of_the_readme_name_the_wheel(bundle, tmp_path):
    readme, (wheel, content) = pack(bundle, tmp_path).read("vasomim_seg/README.md").decode(), own_wheel()
    assert f"pip install {wheel}" in readme and "configs/inference.json" in readme
    assert zipfile.ZipFile(tmp_path / "a.zip").read(f"vasomim_seg/{wheel}") == content


def test_same_bundle_gives_the_same_bytes(bundle, tmp_path):
    pack(bundle, tmp_path)
    first = (tmp_path / "a.zip").read_bytes()
    pack(bundle, tmp_path)
    assert (tmp_path / "a.zip").read_bytes() == first

# SPDX-License-Identifier: Apache-2.0
"""The start command's own work, which needs nothing of MONAI Label."""

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

START = Path(__file__).parents[3] / "deploy/monailabel/start"


@pytest.fixture(scope="module")
def start():
    """The command as a module."""
    loader = importlib.machinery.SourceFileLoader("monailabel_start", str(START))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("monailabel_start", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def bundles(tmp_path):
    """Two bundles, one with weights."""
    for name in ("vasomim_seg", "vasomim_detection"):
        (tmp_path / "bundles" / name / "configs").mkdir(parents=True)
        (tmp_path / "bundles" / name / "configs/train.json").write_text("{}")
    (tmp_path / "bundles/vasomim_seg/models").mkdir()
    (tmp_path / "bundles/vasomim_seg/models/model.pt").write_text("shipped")
    return tmp_path / "bundles"


def test_the_working_folder_gets_the_app_and_copies_of_the_bundles(start, bundles, tmp_path):
    assert start.prepare(tmp_path / "work", bundles, "vasomim_seg, vasomim_detection") == [
        "vasomim_seg",
        "vasomim_detection",
    ]
    made = {path.relative_to(tmp_path / "work").as_posix() for path in (tmp_path / "work").rglob("*") if path.is_file()}
    assert {"main.py", "vasomim_label/infer_task.py", "stubs/torchvision/utils.py"} < made
    assert {name for name in made if name.startswith("model/")} == {
        "model/vasomim_seg/configs/train.json",
        "model/vasomim_seg/models/model.pt",
        "model/vasomim_detection/configs/train.json",
    }


def test_weights_that_were_trained_here_stay_and_configurations_are_renewed(start, bundles, tmp_path):
    start.prepare(tmp_path / "work", bundles, "vasomim_seg")
    copy = tmp_path / "work/model/vasomim_seg"
    (copy / "models/model.pt").write_text("trained")
    (bundles / "vasomim_seg/configs/train.json").write_text('{"new": 1}')
    start.prepare(tmp_path / "work", bundles, "vasomim_seg")
    assert (copy / "models/model.pt").read_text() == "trained"
    assert (copy / "configs/train.json").read_text() == '{"new": 1}'
    assert (bundles / "vasomim_seg/models/model.pt").read_text() == "shipped"


def test_an_unknown_bundle_is_named(start, bundles, tmp_path):
    with pytest.raises(SystemExit, match=r"bundles in '.*bundles' \(vasomim_detection, vasomim_seg\), got 'other'"):
        start.prepare(tmp_path / "work", bundles, "vasomim_seg,other")


def test_the_server_lists_images_and_dicom_in_either_case_and_finds_the_stubs(start, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/mine")
    made = start.environment(tmp_path)
    assert {"*.png", "*.PNG", "*.jpeg", "*.dcm", "*.DCM"} <= set(json.loads(made["MONAI_LABEL_DATASTORE_FILE_EXT"]))
    assert made["PYTHONPATH"].split(":") == [str(tmp_path), str(tmp_path / "stubs"), "/mine"]


def test_without_a_folder_of_studies_nothing_starts(tmp_path):
    for arguments in ([], ["--studies", str(tmp_path / "gone")]):
        run = subprocess.run([sys.executable, START, *arguments], capture_output=True, text=True)
        assert run.returncode == 2 and "--studies must be a folder, got" in run.stderr


def test_every_requirement_is_pinned():
    lines = (START.parent / "requirements.txt").read_text().splitlines()
    names = [line.split("==")[0].lower() for line in lines if not line.startswith("#")]
    assert len(names) == len(set(names)) > 40 and all("==" in line for line in lines if not line.startswith("#"))
    assert not {"torch", "torchvision", "sam2", "numpymaxflow"} & set(names)

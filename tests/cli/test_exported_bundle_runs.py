# SPDX-License-Identifier: Apache-2.0
"""The zipped bundle and our wheel, in an environment that has neither."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from monai_ext.cli import main
from monai_ext.cli.own_wheel import own_wheel
from monai_ext.networks import vessel_segmenter, write_weights

ROOT = Path(__file__).parents[2]
NO_INDEX = ("No matching distribution", "Could not find a version", "Temporary failure", "NewConnectionError")


def run(*command, cwd: Path) -> str:
    """In a process that does not see this repository."""
    own = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=own, capture_output=True, text=True)
    if "pip" in command and done.returncode and any(text in done.stderr for text in NO_INDEX):
        pytest.skip(f"set pip up with a package index to run this test: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """The segmentation bundle with first weights, whose mask of an angiogram is neither empty nor full."""
    folder = tmp_path_factory.mktemp("bundles") / "vasomim_seg"
    shutil.copytree(ROOT / "bundles" / "vasomim_seg", folder, ignore=shutil.ignore_patterns("runs", "models"))
    write_weights(vessel_segmenter("unext", seed=0).state_dict(), folder / "models" / "model.pt")
    facts = {"threshold": 0.5, "position_grid": 14, "knobs": {"label": "vessels", "model": "unext", "image_size": 128}}
    (folder / "models" / "model.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """A fresh one with what `pip install WHEEL` brings."""
    folder = tmp_path_factory.mktemp("clean")
    name, content = own_wheel()
    (folder / name).write_bytes(content)
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", name, cwd=folder)
    return python.parent


@pytest.mark.slow
def test_zipped_bundle_finds_the_same_masks_in_a_clean_environment(bundle, environment, tmp_path):
    assert main(["export", str(bundle), "--out", str(tmp_path / "out"), "--format", "zip"]) == 0
    with zipfile.ZipFile(tmp_path / "out" / "vasomim_seg.zip") as packed:
        packed.extractall(tmp_path)
    where = run(environment / "python", "-c", "import monai_ext; print(monai_ext.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(environment.parent)
    assert "phantom" in run(environment / "vasomim", "--help", cwd=tmp_path)
    run(environment / "vasomim", "phantom", "--count", "2", "--size", "160", "--out", "drawn", cwd=tmp_path)
    command = ["-m", "monai.bundle", "run", "--config_file", "configs/inference.json"]
    command += ["--dataset_dir", tmp_path / "drawn" / "images", "--output_dir"]
    run(environment / "python", *command, tmp_path / "clean", cwd=tmp_path / "vasomim_seg")
    run(sys.executable, *command, tmp_path / "ours", cwd=bundle)
    for name in ("00000.png", "00001.png"):
        clean, ours = (np.asarray(Image.open(tmp_path / folder / name)) for folder in ("clean", "ours"))
        assert clean.shape == (160, 160) and 0 < (clean > 0).mean() < 1
        assert np.array_equal(clean, ours)


@pytest.mark.slow
def test_wheel_of_pip_holds_the_same_files(tmp_path):
    skipped = shutil.ignore_patterns(".*", "runs", "build", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT / "monai_ext", tmp_path / "source" / "monai_ext", ignore=skipped)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / "source")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, tmp_path / "source", cwd=tmp_path)
    name, content = own_wheel()
    (tmp_path / "own.whl").write_bytes(content)
    with zipfile.ZipFile(tmp_path / name) as theirs, zipfile.ZipFile(tmp_path / "own.whl") as ours:
        parts = [{file for file in wheel.namelist() if file.startswith("monai_ext/")} for wheel in (theirs, ours)]
        assert parts[0] == parts[1] and "monai_ext/results/viewer.html" in parts[0]
        entry = f"{'-'.join(name.split('-')[:2])}.dist-info/entry_points.txt"
        needs = [
            [
                line
                for line in wheel.read(entry.replace("entry_points.txt", "METADATA")).splitlines()
                if b"Requires-" in line
            ]
            for wheel in (theirs, ours)
        ]
        assert needs[0] == needs[1] and len(needs[0]) > 10
        assert theirs.read(entry) == ours.read(entry) and b"vasomim = monai_ext.cli:main" in ours.read(entry)

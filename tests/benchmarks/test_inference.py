# SPDX-License-Identifier: Apache-2.0
"""The benchmark of inference runs and tells what it promises; no time is asserted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from monai_ext.data.labelled.phantom_arcade import phantom_arcade
from monai_ext.networks import vessel_segmenter, write_weights

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "inference.py"
SMALL = ["--device", "cpu", "--models", "unext", "--frame", "64", "--image_size", "64", "--repeats", "1"]


def rows_of(folder: Path, *arguments: str) -> dict[str, dict]:
    """By way."""
    command = [sys.executable, str(SCRIPT), *SMALL, "--json", str(folder / "rows.json"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "cores" in done.stdout.splitlines()[0]
    return {row["way"]: row for row in json.loads((folder / "rows.json").read_text())["rows"]}


@pytest.mark.slow
def test_every_way_gets_a_row_and_onnx_answers_as_the_network(tmp_path):
    pytest.importorskip("onnxruntime")
    rows = rows_of(tmp_path, "--ways", "torch", "bf16", "onnx", "onnx_int8")
    assert "GPU" in rows.pop("bf16")["left_out"]
    assert all(row["batch_frames_per_second"] > 0 < row["one_times_torch"] for row in rows.values())
    assert rows["torch"]["largest_difference"] == 0 < rows["onnx"]["largest_difference"] < 1e-4
    assert rows["onnx_int8"]["largest_difference"] > 1e-4


@pytest.mark.slow
def test_trained_weights_are_judged_by_dice(tmp_path):
    folders = [str(phantom_arcade(4, split, size=64, cache_dir=tmp_path)) for split in ("train", "val")]
    write_weights(vessel_segmenter("unext", seed=0).state_dict(), tmp_path / "model.safetensors")
    arguments = ["--dataset_dir", *folders, "--weights", str(tmp_path / "model.safetensors"), "--calibration", "2"]
    rows = rows_of(tmp_path, "--ways", "torch", "torch_int8", *arguments)
    assert rows["torch"]["dice_change"] == 0 <= rows["torch"]["dice"] <= 1 and "dice_change" in rows["torch_int8"]


@pytest.mark.slow
def test_no_way_begins_after_the_time_is_over(tmp_path):
    command = [sys.executable, str(SCRIPT), *SMALL, "--ways", "torch", "--seconds", "0"]
    assert "left out, --seconds 0.0 are over" in subprocess.run(command, capture_output=True, text=True).stdout

# SPDX-License-Identifier: Apache-2.0
"""The segmentation bundle in two processes under torchrun, over gloo."""

import csv
import json
import os
import subprocess
import sys

import pytest
import torch
from small_segmentation import SEGMENTATION, SMALL, SMALL_TRAINING

pytestmark = pytest.mark.slow


def run(processes: int, configs: list[str], **knobs) -> None:
    launcher = (
        ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)] if processes > 1 else []
    )
    files = str([f"configs/{name}" for name in configs])
    command = [sys.executable, *launcher, "-m", "monai.bundle", "run", "--config_file", files]
    command += [str(word) for name, value in knobs.items() for word in (f"--{name}", value)]
    done = subprocess.run(
        command,
        cwd=SEGMENTATION,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_two_processes_train_and_judge_as_one_does(tmp_path, cache):
    """Five images in two processes: shares differ by one, rows come out in the order of the data."""
    shared = {"weights_file": tmp_path / "model.pt", "cache_dir": cache}
    run(
        2,
        ["train.json", "multi_gpu_train.json"],
        output_dir=tmp_path / "run",
        **shared,
        **SMALL_TRAINING | {"batch_size": 4},
    )
    saved = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert saved["engine"]["epoch"] == 2 and len(saved["ranks"]) == 2
    small = SMALL | {"phantom_count": 20}  # 5 to judge
    judge = ["train.json", "evaluate.json"]
    run(1, judge, output_dir=tmp_path / "one", split="test", **shared, **small)
    run(2, [*judge, "multi_gpu_evaluate.json"], output_dir=tmp_path / "two", split="test", **shared, **small)
    one, two = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("one", "two"))
    assert one == two and one["dice"]["n"] == 5
    rows = [list(csv.DictReader((tmp_path / name / "metrics.csv").open())) for name in ("one", "two")]
    assert rows[0] == rows[1] and len(rows[0]) == 5
    assert (tmp_path / "two" / "overlays.png").read_bytes() == (tmp_path / "one" / "overlays.png").read_bytes()

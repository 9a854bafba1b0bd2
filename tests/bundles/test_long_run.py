# SPDX-License-Identifier: Apache-2.0
"""The pre-training's own trainer, with all its handlers, for 2,000 steps of a very small network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from bundle_processes import ENVIRONMENT

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "long_run.py"


def run(*options: str) -> str:
    done = subprocess.run(
        [sys.executable, SCRIPT, *options], env=ENVIRONMENT, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_two_thousand_steps_grow_in_nothing(tmp_path):
    said = run("--out", str(tmp_path / "readings.json"))
    assert [line.split()[-1] for line in said.splitlines()[-4:]] == ["flat"] * 4
    readings = json.loads((tmp_path / "readings.json").read_text())["readings"]
    assert len(readings) == 20 and all(reading["host MB"] > 100 and reading["files"] > 3 for reading in readings)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_memory_of_the_device_is_flat():
    said = run("--steps", "400", "--model", "tiny", "--batch_size", "8", "--frames", "64")
    assert "device MB" in said and "GROWS" not in said

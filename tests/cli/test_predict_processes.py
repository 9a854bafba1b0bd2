# SPDX-License-Identifier: Apache-2.0
"""`vasomim predict` as a process of its own, stopped at any moment."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from made_prediction import SEG, write_seg_weights
from PIL import Image

pytestmark = pytest.mark.slow
COUNT = 60


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    rng = np.random.default_rng(0)
    for number in range(COUNT):
        Image.fromarray(rng.integers(0, 256, (256, 256), dtype=np.uint8)).save(f"in/{number}.png")
    weights = write_seg_weights(tmp_path / "model.pt")
    return [
        sys.executable, "-m", "monai_ext.cli", "predict", "in", "--bundle", str(SEG), "--weights", str(weights), "--out", "out", "--device", "cpu",
        "--no-viewer",
    ]  # fmt: skip


def stop_midway(command: list[str], number: signal.Signals) -> subprocess.CompletedProcess:
    """Sends a signal when the first results are there."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    while process.poll() is None and len(list(Path("out").glob("*.csv"))) < 3:
        time.sleep(0.02)
    process.send_signal(number)
    output, error = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, output, error)


def check_whole() -> int:
    """Whatever has a final name is whole; how many files have all results."""
    for path in Path("out").glob("*.json"):
        json.loads(path.read_text())
    for path in Path("out").glob("*.masks"):
        assert Image.open(path / "0000.png").convert("L").size == (256, 256)
    return len(list(Path("out").glob("*.csv")))


def finish(command: list[str], done: int) -> None:
    """The same command does the rest and leaves nothing half."""
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{COUNT} files, {COUNT} frames" in run.stdout and check_whole() == COUNT
    assert json.loads(Path("out/predictions.json").read_text())["last_run"]["frames"] >= COUNT - done
    assert not list(Path("out").glob("*.tmp"))


def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(command):
    run = stop_midway(command, signal.SIGINT)
    assert run.returncode == 130
    assert run.stderr.splitlines()[-1] == "vasomim predict: stopped; what is finished stays, the same command goes on."
    done = len(json.loads(Path("out/predictions.json").read_text())["files"])
    assert 3 <= done < COUNT and check_whole() == done and not list(Path("out").glob("*.tmp"))
    finish(command, done)


def test_a_kill_leaves_no_half_file_under_its_name(command):
    run = stop_midway(command, signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    done = check_whole()
    assert 3 <= done < COUNT
    finish(command, done)


def test_errors_of_arguments_come_from_a_process_too(command):
    shutil.rmtree("in")
    run = subprocess.run(command, capture_output=True, text=True)
    assert (
        run.returncode == 2
        and run.stderr
        == "vasomim predict: INPUT must be a file or a folder, got 'in', there is none; check the path.\n"
    )

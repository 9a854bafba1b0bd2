# SPDX-License-Identifier: Apache-2.0
"""The experiment in real processes: killed and gone on, stopped, and with a training that fails."""

import csv
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="sends signals to processes"),
]
SMALL = {
    "model": "tiny",
    "image_size": 32,
    "phantom_count": 8,
    "phantom_size": 64,
    "batch_size": 4,
    "checkpoint_every": 1,
}


def command(folder, weights, *options):
    knobs = [
        word
        for name, value in {**SMALL, "cache_dir": folder / "cache"}.items()
        for word in ("--knob", f"{name}={value}")
    ]
    return [sys.executable, "-m", "monai_ext.cli", "experiment", "few-label", "--weights", *weights, "--fractions", "1",
            "--out", str(folder / "out"), *knobs, *map(str, options)]  # fmt: skip


def environment():
    return os.environ | {"OMP_NUM_THREADS": "1"}


def run(arguments):
    return subprocess.run(arguments, env=environment(), capture_output=True, text=True, timeout=400)


def start(arguments):
    return subprocess.Popen(arguments, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(file, process):
    deadline = time.monotonic() + 300
    while not file.exists():
        assert process.poll() is None and time.monotonic() < deadline, f"no {file}"
        time.sleep(0.01)
    return psutil.Process(process.pid).children(recursive=True)


def test_killed_it_goes_on_where_it_was_and_another_command_adds(tmp_path):
    out, epochs = tmp_path / "out", ("--epochs", 25)
    process = start(command(tmp_path, ["none"], *epochs))
    children = wait_for(out / "none_1_0" / "checkpoint.pt", process)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert children and not alive  # they end with it
    assert not (out / "none_1_0" / "run.json").exists() and "1 of 1 trainings" in (out / "table.md").read_text()

    gone_on = run(command(tmp_path, ["none"], *epochs))
    assert gone_on.returncode == 0, gone_on.stderr
    log = (out / "none_1_0" / "log.txt").read_text()
    assert "--resume true" in log and "are done, going on until epoch 25" in log
    assert len(list(csv.DictReader((out / "none_1_0" / "curves.csv").open()))) == 25
    assert not (out / "none_1_0" / "checkpoint.pt").exists()
    before = (out / "none_1_0" / "evaluation" / "metrics.json").stat().st_mtime_ns

    added = run(command(tmp_path, ["unet", "none"], *epochs))
    assert added.returncode == 0 and "none_1_0" not in added.stderr, added.stderr
    rows = {row["weights"]: row for row in csv.DictReader((out / "results.csv").open())}
    assert set(rows) == {"none", "unet"} and float(rows["unet"]["dice"]) > 0
    assert (out / "none_1_0" / "evaluation" / "metrics.json").stat().st_mtime_ns == before
    table = (out / "table.md").read_text()
    assert table in added.stdout and table.count("vasomim experiment few-label") == 2 and "| unet | " in table
    assert (out / "few_label.png").exists()


def test_a_training_that_fails_does_not_stop_the_others(tmp_path):
    (tmp_path / "bad.pt").write_bytes(b"no weights")
    done = run(command(tmp_path, [f"bad={tmp_path / 'bad.pt'}", "none"], "--epochs", 1, "--jobs", 2))
    assert done.returncode == 2
    assert "bad_1_0:\n" in done.stderr and "bad.pt' must be" in done.stderr, done.stderr  # the end of its log
    assert done.stderr.splitlines()[-1].startswith(
        "vasomim experiment few-label: 1 of 2 trainings failed: bad_1_0; log.txt"
    )
    table = (tmp_path / "out" / "table.md").read_text()
    assert "| none | " in table and "1 of 2 trainings (bad_1_0)" in table


def test_ctrl_c_ends_the_trainings_and_says_how_to_go_on(tmp_path):
    process = start(command(tmp_path, ["none"], "--epochs", 1000))
    children = wait_for(tmp_path / "out" / "none_1_0" / "checkpoint.pt", process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and not psutil.wait_procs(children, timeout=60)[1]
    assert said.splitlines()[-1].endswith("stopped; the same command goes on where it was, finished trainings stay.")
    assert (tmp_path / "out" / "none_1_0" / "checkpoint.pt").exists() and "Traceback" not in said

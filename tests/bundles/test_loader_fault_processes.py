# SPDX-License-Identifier: Apache-2.0
"""What happens beside the training: a worker of the loader killed, a file of the frames cut or gone, a clock that is set."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from bundle_processes import ENVIRONMENT, bundle_command, curves, finish, launcher, saved
from small_run import BUNDLE, SMALL_RUN

pytestmark = pytest.mark.slow

EPOCHS = 20


def command(folder: Path, cache: str | Path, **knobs) -> list[str]:
    shared = {"output_dir": folder, "encoder_file": folder / "model.pt", "cache_dir": cache, "picture_every": 100}
    return bundle_command("train.json", "methods/mae.json", **(SMALL_RUN | {"epochs": EPOCHS} | shared | knobs))


def during(
    arguments: list[str], folder: Path, fault: Callable[[subprocess.Popen], None], **environment: str
) -> tuple[int, str]:
    """Code and words of a run in which the fault happens after the second epoch."""
    log = folder.with_suffix(".log")
    process = subprocess.Popen(
        [*launcher(1), *arguments],
        cwd=BUNDLE,
        env=ENVIRONMENT | environment,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + 200
    while not ((folder / "curves.csv").exists() and len(curves(folder)) >= 2):
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.02)
    fault(process)
    return process.wait(400), log.read_text()


def kill_worker(process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while not (workers := psutil.Process(process.pid).children()):
        assert time.monotonic() < deadline
    workers[-1].kill()


def shard(cache: Path) -> Path:
    """The one with the frames that the run reads."""
    return max(cache.rglob("*.npy"), key=lambda path: path.stat().st_size)


def test_a_killed_worker_ends_the_run_by_a_clear_error_and_it_goes_on(tmp_path, cache):
    folder = tmp_path / "run"
    code, said = during(command(folder, cache, workers=1), folder, kill_worker)
    assert code == 1
    assert "DataLoader worker (pid" in said.splitlines()[-1] and "Killed" in said.splitlines()[-1]
    done = saved(folder)["engine"]["epoch"]
    finish([*launcher(1), *command(folder, cache, workers=1, resume=True, epochs=done + 2)], BUNDLE)
    assert len(curves(folder)) == done + 2


def test_a_shard_that_is_cut_ends_the_run_and_is_named(tmp_path):
    folder, frames = tmp_path / "run", tmp_path / "frames"
    code, said = during(command(folder, frames), folder, lambda _: os.truncate(shard(frames), 5000))
    assert code == 1
    assert said.splitlines()[-1].startswith(f"ValueError: '{shard(frames)}' must hold frame")
    assert said.splitlines()[-1].endswith("it is cut off; make the corpus again.")


def test_a_shard_that_vanishes_is_read_on_and_the_next_run_names_it(tmp_path):
    """The system keeps an open file; without it nothing can be read."""
    folder, frames, gone = tmp_path / "run", tmp_path / "frames", []
    code, _ = during(command(folder, frames), folder, lambda _: gone.append(shard(frames)) or gone[0].unlink())
    assert code == 0 and len(curves(folder)) == EPOCHS
    code, said = run(command(tmp_path / "next", frames))
    assert code == 1
    assert (
        f"'{gone[0]}' must be a shard of the corpus" in said.splitlines()[-1]
        and "make the corpus again" in said.splitlines()[-1]
    )


def run(arguments: list[str]) -> tuple[int, str]:
    done = subprocess.run(
        [*launcher(1), *arguments], cwd=BUNDLE, env=ENVIRONMENT, capture_output=True, text=True, timeout=200
    )
    return done.returncode, done.stderr.rstrip()


CLOCK = """
import os, time
real, file = time.time, os.environ["CLOCK_FILE"]
time.time = lambda: real() - (10 * 365 * 86400 if os.path.exists(file) else 0)
"""
"""A clock that is set ten years back as soon as a file is there; time.monotonic and perf_counter go on, as the system's do."""


def test_a_clock_that_is_set_back_changes_nothing(tmp_path, cache):
    folder, clock = tmp_path / "run", tmp_path / "clock"
    (tmp_path / "sitecustomize.py").write_text(CLOCK)
    environment = {"PYTHONPATH": str(tmp_path), "CLOCK_FILE": str(clock)}
    code, said = during(command(folder, cache), folder, lambda _: clock.touch(), **environment)
    assert code == 0, said[-3000:]
    rows = (folder / "curves.csv").read_text().splitlines()
    seconds = [float(row.split(",")[rows[0].split(",").index("seconds")]) for row in rows[1:]]
    assert len(seconds) == EPOCHS and all(0 < value < 60 for value in seconds)

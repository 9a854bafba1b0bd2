# SPDX-License-Identifier: Apache-2.0
"""A machine that is taken away says so by a signal: the run saves, ends within 30 seconds, and goes on elsewhere to the same bits."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from bundle_processes import ENVIRONMENT, assert_same_run, bundle_command, finish, launcher
from small_run import BUNDLE, SMALL_RUN

pytestmark = pytest.mark.slow

METHOD = ("train.json", "methods/mae.json")
SECONDS = 30
"""The promise of docs/reliability.md."""


def command(folder: Path, cache: str, processes: int = 1, **knobs) -> list[str]:
    """Micro-batches of one image in each process, two a step; a worker reads ahead."""
    knobs = {
        "phantom_count": 12 * processes,
        "batch_size": 2 * processes,
        "device_batch_size": 1,
        "workers": 1,
        "epochs": 3,
    } | knobs
    configs = [*METHOD, "multi_gpu_train.json"] if processes > 1 else METHOD
    knobs = (
        SMALL_RUN
        | {"output_dir": folder, "encoder_file": folder / "model.pt", "cache_dir": cache, "picture_every": 100}
        | knobs
    )
    return [*launcher(processes), *bundle_command(*configs, **knobs)]


@pytest.fixture
def start() -> Iterator[Callable[[list[str], Path], subprocess.Popen]]:
    """Starts a command in a group of its own, as a shell and a scheduler do; what a failed test leaves is killed."""
    started = []

    def one(arguments: list[str], log: Path) -> subprocess.Popen:
        out = {"stdout": log.open("wb"), "stderr": subprocess.STDOUT}
        started.append(subprocess.Popen(arguments, cwd=BUNDLE, env=ENVIRONMENT, start_new_session=True, **out))
        return started[-1]

    yield one
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def ranks_of(process: subprocess.Popen) -> list[psutil.Process]:
    """The processes that train under torchrun; not the workers of their loaders, which are their children."""
    return [child for child in psutil.Process(process.pid).children() if "monai.bundle" in child.cmdline()]


def wait_for(what: Callable[[], bool], process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 240
    while not what():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.02)


def code_in_time(process: subprocess.Popen) -> int:
    """Its code, which must come within the promised time."""
    return process.wait(SECONDS)


def an_epoch_is_saved(folder: Path) -> Callable[[], bool]:
    return (folder / "checkpoint.pt").exists


@pytest.fixture(scope="module")
def straight(tmp_path_factory, cache) -> Callable[[int], Path]:
    """Folder of a run that nobody disturbed, by its number of processes."""
    made: dict[int, Path] = {}

    def of(processes: int) -> Path:
        if processes not in made:
            made[processes] = tmp_path_factory.mktemp("straight")
            finish(command(made[processes], cache, processes), BUNDLE)
        return made[processes]

    return of


def test_a_run_that_is_told_to_end_saves_and_goes_on_to_the_same_bits(tmp_path, cache, start, straight):
    """The whole group gets the signal, workers of the loader, too."""
    folder, log = tmp_path / "run", tmp_path / "log"
    process = start(command(folder, cache), log)
    wait_for(an_epoch_is_saved(folder), process, log)
    os.killpg(process.pid, signal.SIGTERM)
    assert code_in_time(process) == 143
    said = log.read_text()
    assert "SIGTERM: stopped after iteration" in said and "Traceback" not in said and not (folder / "model.pt").exists()
    finish(command(folder, cache, resume=True), BUNDLE)
    assert_same_run(folder, straight(1))


def test_torchrun_hands_the_signal_on_and_one_checkpoint_is_saved(tmp_path, cache, start):
    process, log = start(command(tmp_path, cache, 2), tmp_path / "log"), tmp_path / "log"
    wait_for(an_epoch_is_saved(tmp_path), process, log)
    process.send_signal(signal.SIGTERM)
    assert code_in_time(process) != 0  # its own: it takes any end before the last step for a fault
    assert_stopped_once(log)


def test_two_processes_stop_after_the_same_step_when_one_is_told(tmp_path, cache, start, straight):
    folder, log = tmp_path / "run", tmp_path / "log"
    process = start(command(folder, cache, 2), log)
    wait_for(an_epoch_is_saved(folder), process, log)
    _, second = ranks_of(process)
    second.send_signal(signal.SIGTERM)
    assert code_in_time(process) != 0
    assert_stopped_once(log)
    finish(command(folder, cache, 2, resume="auto"), BUNDLE)
    assert_same_run(folder, straight(2))


def assert_stopped_once(log: Path) -> None:
    said = log.read_text()
    assert said.count("SIGTERM: stopped after iteration") == 1 and "broken off" not in said


def test_while_frames_are_prepared_it_ends_at_once_and_leaves_nothing(tmp_path, start):
    cache, log = tmp_path / "cache", tmp_path / "log"
    process = start(command(tmp_path / "run", str(cache), phantom_count=5000), log)
    wait_for(lambda: any(cache.glob("*.tmp")), process, log)
    process.send_signal(signal.SIGTERM)
    assert code_in_time(process) == 143
    assert "SIGTERM: ended outside of the training" in log.read_text() and "Traceback" not in log.read_text()
    assert not list(cache.iterdir())

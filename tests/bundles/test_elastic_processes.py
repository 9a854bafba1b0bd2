# SPDX-License-Identifier: Apache-2.0
"""torchrun starts lost processes again, and the run ends as if nothing had happened: one worker killed, a whole node lost and back."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from bundle_processes import ENVIRONMENT, assert_same_run, bundle_command, finish, launcher, saved
from small_run import BUNDLE, SMALL_RUN
from two_nodes import two_nodes

pytestmark = pytest.mark.slow

# torchrun keeps the addresses of the processes that died in a store that it shares with the new ones (pytorch#135712).
OWN_STORE = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
KNOBS = SMALL_RUN | {"phantom_count": 8, "batch_size": 4, "epochs": 12, "picture_every": 100}


@pytest.fixture(scope="module")
def command(segmentor, cache) -> list[str]:
    """All but the folders and whether to resume."""
    return bundle_command("train.json", "multi_gpu_train.json", **KNOBS, segmentor=segmentor, cache_dir=cache)


@pytest.fixture(scope="module")
def straight(tmp_path_factory, command) -> Path:
    """Two processes that nobody disturbed."""
    folder = tmp_path_factory.mktemp("straight")
    finish([*launcher(2), *command, *written_to(folder)], BUNDLE)
    return folder


def written_to(folder: Path) -> list[str]:
    return ["--output_dir", str(folder), "--encoder_file", str(folder / "model.pt")]


def start(command: list[str], log: Path) -> subprocess.Popen:
    return subprocess.Popen(
        command, cwd=BUNDLE, env=ENVIRONMENT | OWN_STORE, stdout=log.open("ab"), stderr=subprocess.STDOUT
    )


def wait_for_epochs(folder: Path, epochs: int, *processes: subprocess.Popen) -> None:
    deadline = time.monotonic() + 200
    while not ((folder / "checkpoint.pt").exists() and saved(folder)["engine"]["epoch"] >= epochs):
        assert all(process.poll() is None for process in processes), "it ended before it could be killed"
        assert time.monotonic() < deadline, "no checkpoint came"
        time.sleep(0.02)


def workers(process: subprocess.Popen) -> list[psutil.Process]:
    """The training processes below a torchrun."""
    return [
        child for child in psutil.Process(process.pid).children(recursive=True) if "monai.bundle" in child.cmdline()
    ]


def ended(log: Path, *processes: subprocess.Popen) -> str:
    """What they said; all must end well."""
    for process in processes:
        assert process.wait(timeout=400) == 0, log.read_text()[-4000:]
    return log.read_text()


def test_a_killed_worker_is_started_again_from_the_last_checkpoint(tmp_path, command, straight):
    """Without `--resume`: torchrun repeats the command that it was given."""
    log = tmp_path / "log"
    process = start([*launcher(2, "--max_restarts", "1"), *command, *written_to(tmp_path)], log)
    wait_for_epochs(tmp_path, 2, process)
    workers(process)[-1].kill()
    said = ended(log, process)
    assert saved(tmp_path)["engine"]["epoch"] == KNOBS["epochs"] and "epochs are done, going on" in said
    assert_same_run(tmp_path, straight)


def test_a_node_is_lost_and_comes_back(tmp_path, command, straight):
    """All that ran on it dies at once; the other node waits until it is started again."""
    log, options = tmp_path / "log", ["--nnodes", "2", "--nproc_per_node", "1", "--max_restarts", "3"]
    options += ["--rdzv_backend", "c10d", "--rdzv_endpoint", "node1:29400", "--rdzv_id", "lost"]
    agent = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        *options,
        *command,
        *written_to(tmp_path),
        "--resume",
        "auto",
    ]
    with two_nodes(tmp_path) as nodes:
        first, second = (start([*node, *agent], log) for node in nodes)
        wait_for_epochs(tmp_path, 2, first, second)
        for process in [psutil.Process(second.pid), *psutil.Process(second.pid).children(recursive=True)]:
            process.kill()
        second.wait()
        again = start([*nodes[1], *agent], log)
        said = ended(log, first, again)
    assert saved(tmp_path)["engine"]["epoch"] == KNOBS["epochs"] and "epochs are done, going on" in said
    assert_same_run(tmp_path, straight)

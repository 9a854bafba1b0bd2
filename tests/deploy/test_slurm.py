# SPDX-License-Identifier: Apache-2.0
"""The Slurm example under a real Slurm of two emulated nodes: it trains, is stopped before its time limit, queued again and ends."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import torch
from two_nodes import two_nodes

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy" / "slurm" / "pretrain.sbatch"
DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch")
TRAINING = {
    "model": "tiny", "phantom_count": 8, "frame_size": 64, "image_size": 64, "batch_size": 4, "epochs": 16, "picture_every": 1000,
}  # fmt: skip
CONFIGURATION = """
ClusterName=small
SlurmctldHost=node1(10.77.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/socket,cred_expire=5
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
ReturnToService=2
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmdSpoolDir={folder}/spool.%n
JobAcctGatherType=jobacct_gather/none
NodeName=node1 NodeAddr=10.77.0.1 CPUs=1 State=UNKNOWN
NodeName=node2 NodeAddr=10.77.0.2 CPUs=1 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def test_the_script_asks_to_be_stopped_in_time_and_queued_again():
    text = SCRIPT.read_text(encoding="utf-8")
    assert subprocess.run(["bash", "-n", SCRIPT]).returncode == 0
    seconds = int(re.search(r"#SBATCH --signal=B:USR1@(\d+)", text)[1])
    assert seconds > 30 and "#SBATCH --requeue" in text and "--resume auto" in text


@pytest.mark.slow
def test_a_job_is_stopped_queued_again_and_ends(tmp_path):
    """USR1 to the script is what Slurm sends before the limit of time."""
    run = tmp_path / "run"
    with cluster(tmp_path) as do:
        knobs = TRAINING | {"output_dir": run, "encoder_file": run / "model.pt", "cache_dir": tmp_path / "cache"}
        words = [str(word) for name, value in knobs.items() for word in (f"--{name}", value)]
        options = ["--gpus-per-node=0", "--cpus-per-task=1", "--time=30", f"--output={tmp_path / 'said'}"]
        job = do("sbatch", "--parsable", *options, str(SCRIPT), *words).strip()
        wait(lambda: (run / "checkpoint.pt").exists() and epoch(run) >= 2, tmp_path / "said")
        do("scancel", "--batch", "--signal=USR1", job)
        wait(
            lambda: re.search(r"JobState=(COMPLETED|FAILED|CANCELLED)", do("scontrol", "show", "job", job)),
            tmp_path / "said",
        )
        shown, said = do("scontrol", "show", "job", job), (tmp_path / "said").read_text()
    assert "JobState=COMPLETED" in shown and "Restarts=1" in shown and "NumNodes=2" in shown, said[-3000:]
    assert "SIGTERM: stopped after iteration" in said and "queued again" in said and "going on until epoch 16" in said
    assert epoch(run) == 16 and (run / "model.pt").exists() and len(torch.load(run / "checkpoint.pt")["ranks"]) == 2


def epoch(run: Path) -> int:
    return torch.load(run / "checkpoint.pt", weights_only=True)["engine"]["epoch"]


def wait(for_what, said: Path) -> None:
    deadline = time.monotonic() + 300
    while not for_what():
        assert time.monotonic() < deadline, said.read_text()[-3000:] if said.exists() else "the job did not start"
        time.sleep(0.2)


@contextmanager
def cluster(folder: Path) -> Iterator:
    """What runs a command of Slurm on the first of two nodes and gives what it says."""
    if missing := [name for name in DAEMONS if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]:
        pytest.skip(f"needs Debian's slurm-wlm and munge; missing: {', '.join(missing)}")
    (folder / "state").mkdir()
    (folder / "slurm.conf").write_text(CONFIGURATION.format(folder=folder))
    (folder / "key").write_bytes(os.urandom(1024))
    for private in (folder / "key", folder):
        private.chmod(0o700 if private.is_dir() else 0o400)
    environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf"), "OMP_NUM_THREADS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}:/usr/sbin"
    with ExitStack() as stack:
        nodes = stack.enter_context(two_nodes(folder))

        def daemon(node: list[str], *command: str) -> None:
            log = (folder / f"{command[0]}.log").open("ab")
            started = subprocess.Popen([*node, *command], env=environment, stdout=log, stderr=log, cwd=folder)
            stack.callback(started.wait, 60)
            stack.callback(started.terminate)

        files = [
            f"--{name}={folder / file}"
            for name, file in (
                ("key-file", "key"),
                ("socket", "socket"),
                ("pid-file", "pid"),
                ("seed-file", "seed"),
                ("log-file", "munge.log"),
            )
        ]
        daemon(nodes[0], "munged", "--foreground", "--force", *files)
        wait((folder / "socket").exists, folder / "munged.log")
        daemon(nodes[0], "slurmctld", "-D", "-c")
        for number, node in enumerate(nodes, 1):
            daemon(node, "slurmd", "-D", "-N", f"node{number}")

        def do(*command: str) -> str:
            done = subprocess.run(
                [*nodes[0], *command], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        wait(lambda: do("sinfo", "--noheader", "--format=%T").strip() == "idle", folder / "slurmctld.log")
        stack.callback(wait, lambda: not do("squeue", "--noheader", "--states=R,CG,S"), folder / "slurmctld.log")
        stack.callback(do, "scancel", "--quiet", "--user=root")
        yield do

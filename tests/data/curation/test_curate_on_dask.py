# SPDX-License-Identifier: Apache-2.0
"""A real scheduler and two real workers, one of which is killed half-way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from killing_work import KillingWork

from monai_ext.data.curation import CurationOptions, curate
from monai_ext.data.curation.run_jobs import run_jobs
from monai_ext.phantom import PhantomSettings, draw_angiogram

pytest.importorskip("distributed", reason="pip install monai_ext[dask]")
pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler, and its two workers, each of a process group of its own."""
    file = tmp_path / "scheduler.json"
    here = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    common = ["--scheduler-file", str(file), "--no-dashboard"]

    def start(module: str, *options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *common, *options]
        return subprocess.Popen(command, env=here, start_new_session=True, stderr=subprocess.DEVNULL)

    scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
    workers = [start("dask_worker", "--nthreads", "1", "--local-directory", str(tmp_path / str(i))) for i in range(2)]
    try:
        while not file.exists() or not file.read_text():
            assert scheduler.poll() is None
            time.sleep(0.1)
        yield json.loads(file.read_text())["address"], workers
    finally:
        for process in [*workers, scheduler]:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def images(tmp_path) -> Path:
    from PIL import Image

    (tmp_path / "images").mkdir()
    for i in range(24):
        picture = draw_angiogram(2, i, PhantomSettings(size=128)).image
        for turn in range(16):  # as many frames as make several parts
            Image.fromarray(picture).rotate(20 * turn).save(tmp_path / "images" / f"{i}_{turn}.png")
    return tmp_path / "images"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_worker_is_killed_and_the_corpus_is_the_same(cluster, images, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    address, workers = cluster
    options = CurationOptions(size=128)
    here = curate([images], tmp_path / "here", options=options, shard_frames=16, processes=1, progress=False)
    module = sys.modules["monai_ext.data.curation.curate"]
    run, seen = module.run_jobs, []

    def watched(*arguments, **options):
        for job in run(*arguments, **options):
            seen.append(job)
            if len(seen) == 2:
                os.killpg(workers[0].pid, signal.SIGKILL)
            yield job

    monkeypatch.setattr(module, "run_jobs", watched)
    there = curate([images], tmp_path / "there", options=options, shard_frames=16, scheduler=address, progress=False)
    assert workers[0].wait(10) == -signal.SIGKILL and workers[1].poll() is None and len(seen) > 5
    assert contents(here.folder) == contents(there.folder)


def test_a_job_that_kills_its_worker_is_found(cluster, tmp_path):
    address, _ = cluster
    (tmp_path / "out").mkdir()
    work = KillingWork(tmp_path / "out", frozenset({2}))
    assert sorted(run_jobs(work, range(5), scheduler=address)) == list(range(5))
    assert (tmp_path / "out" / "2").read_text().endswith("True")

# SPDX-License-Identifier: Apache-2.0
import math
import os
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from itertools import count, islice
from pathlib import Path

import pytest
import torch

from monai_ext.data.parallel_map import parallel_map


def test_alone_it_computes_on_one_thread_and_gives_the_others_back():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    threads = list(parallel_map(lambda _: torch.get_num_threads(), range(3), count=3, processes=1))
    assert threads == [1, 1, 1] and torch.get_num_threads() == 2
    torch.set_num_threads(before)


@pytest.mark.slow
def test_results_come_in_the_order_of_the_jobs_a_few_ahead():
    taken = []
    jobs = (taken.append(i) or i for i in count())
    results = parallel_map(math.sqrt, jobs, count=1000, processes=2)
    assert list(islice(results, 20)) == [math.sqrt(i) for i in range(20)]
    results.close()
    assert len(taken) < 40


@pytest.mark.slow
def test_a_worker_that_dies_is_an_error_not_a_wait():
    with pytest.raises(BrokenProcessPool):
        list(parallel_map(os._exit, [3], count=1, processes=2))


WORK = """
import os, sys, time
from monai_ext.data.parallel_map import parallel_map

def work(seconds):
    time.sleep(seconds)
    return os.getpid()

if __name__ == "__main__":
    results = parallel_map(work, [0.5, 0.5] + [1000] * 9, count=11, processes=2)
    print(next(results), next(results), flush=True)
    next(results)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_workers_end_with_a_killed_parent(tmp_path):
    (tmp_path / "work.py").write_text(WORK)
    parent = subprocess.Popen([sys.executable, str(tmp_path / "work.py")], stdout=subprocess.PIPE, text=True)
    workers = parent.stdout.readline().split()
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while any(_is_running(worker) for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _is_running(process: str) -> bool:
    try:
        return Path("/proc", process, "stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_no_process_is_refused():
    with pytest.raises(ValueError, match="processes must be at least 1, got 0"):
        parallel_map(math.sqrt, [1], count=1, processes=0)

# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
import time

import pytest

from monai_ext.cli.run_cells import RunCells

WAIT = "import sys; sys.stdin.read()"


def python(code):
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)


def test_each_is_run_and_tells_its_exit_code():
    with RunCells([0, 3, 1], lambda cell: python(f"raise SystemExit({cell})"), jobs=2) as ended:
        assert sorted(ended) == [(0, 0), (1, 1), (3, 3)]


def test_never_more_than_jobs_run_and_the_next_starts_when_one_ends():
    started = []

    def start(cell):
        started.append(python(WAIT))
        return started[-1]

    with RunCells(range(3), start, jobs=2) as ended:
        wait_until(lambda: len(started) == 2)
        started[1].stdin.close()
        assert next(ended) == (1, 0)
        wait_until(lambda: len(started) == 3)
        assert started[0].poll() is None  # the first still runs, beside the third


def test_leaving_the_block_ends_what_runs_and_starts_no_more():
    started = []

    def start(cell):
        started.append(python(WAIT))
        return started[-1]

    with pytest.raises(KeyboardInterrupt), RunCells(range(5), start, jobs=2):
        wait_until(lambda: len(started) == 2)
        raise KeyboardInterrupt
    assert len(started) == 2 and all(process.poll() not in (None, 0) for process in started)


def test_a_process_that_cannot_be_started_is_told():
    def start(cell):
        raise OSError("no memory")

    with pytest.raises(OSError, match="no memory"), RunCells([0], start) as ended:
        list(ended)


def wait_until(holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)

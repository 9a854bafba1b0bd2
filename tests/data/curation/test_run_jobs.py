# SPDX-License-Identifier: Apache-2.0
import os

import pytest
from killing_work import KillingWork

from monai_ext.data.curation.run_jobs import run_jobs


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Workers find the work of this folder."""
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))


def outcome(folder) -> dict[int, str]:
    return {int(file.name): file.read_text().split()[1] for file in folder.iterdir()}


def test_jobs_are_done_in_other_processes(tmp_path):
    assert sorted(run_jobs(KillingWork(tmp_path), range(5), processes=1)) == list(range(5))
    pids = {file.read_text().split()[0] for file in tmp_path.iterdir()}
    assert len(outcome(tmp_path)) == 5 and str(os.getpid()) not in pids


def test_a_job_that_kills_its_process_is_found_and_the_others_are_done(tmp_path):
    work = KillingWork(tmp_path, frozenset({3, 4, 11}))
    assert sorted(run_jobs(work, range(14), processes=2)) == list(range(14))
    assert {job for job, spared in outcome(tmp_path).items() if spared == "True"} == {3, 4, 11}


def test_where_no_job_is_to_blame_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(KillingWork, "began", lambda self, job: False)
    with pytest.raises(RuntimeError, match="a process was killed, most likely for want of memory; try fewer processes"):
        list(run_jobs(KillingWork(tmp_path, frozenset({0})), range(2), processes=1))


def test_a_scheduler_that_does_not_answer_is_told(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("monai_ext.data.curation.run_jobs._FIRST_ANSWER", 1)
    with pytest.raises(OSError, match=r"tcp://127\.0\.0\.1:9"):
        list(run_jobs(KillingWork(tmp_path), [1], scheduler="tcp://127.0.0.1:9"))

# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.engines import check_processes


def test_one_process_is_what_was_asked(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    check_processes()


def test_processes_that_know_nothing_of_each_other_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(
        RuntimeError, match=r"started 2 processes, but the configuration is for 1; lay .*multi_gpu_\*.json"
    ):
        check_processes()

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from monai_ext.engines.resumes import resumes
from monai_ext.handlers import CheckpointFile


@pytest.fixture(params=[True, False], ids=["there", "not there"])
def file(request, tmp_path) -> CheckpointFile:
    if request.param:
        (tmp_path / "checkpoint.pt").touch()
    return CheckpointFile(tmp_path / "checkpoint.pt")


@pytest.mark.parametrize(("word", "asked"), [(True, True), ("TRUE", True), (False, False), ("false", False)])
def test_true_and_false_mean_it(word, asked, file):
    assert resumes(word, file) is asked


def test_auto_goes_on_where_there_is_a_checkpoint(file):
    assert resumes("auto", file) is file.exists() and resumes("AUTO", file) is file.exists()


def test_false_means_auto_where_torchrun_has_started_this_run_again(monkeypatch, tmp_path):
    file = CheckpointFile(tmp_path / "checkpoint.pt")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "mine")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "0")
    file.put_away()
    file.write({"epoch": 1})
    assert not resumes(False, file)
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert resumes(False, file) and resumes("false", file) and resumes(True, file)


def test_a_process_that_died_before_its_run_began_does_not_take_the_checkpoint_of_another(monkeypatch, tmp_path):
    file = CheckpointFile(tmp_path / "checkpoint.pt")
    file.write({"epoch": 800})
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "mine")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert not resumes(False, file)
    file.put_away()
    assert not file.exists() and not resumes(False, file)


def test_other_words_are_refused(tmp_path):
    with pytest.raises(ValueError, match="resume must be true, false or auto, got 'perhaps'"):
        resumes("perhaps", CheckpointFile(tmp_path / "checkpoint.pt"))

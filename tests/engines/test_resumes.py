# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from monai_ext.engines.resumes import resumes


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(("word", "asked"), [(True, True), ("TRUE", True), (False, False), ("false", False)])
def test_true_and_false_mean_it(word, asked, there):
    assert resumes(word, there) is asked


@pytest.mark.parametrize("there", [True, False])
def test_auto_goes_on_where_there_is_a_checkpoint(there):
    assert resumes("auto", there) is there and resumes("AUTO", there) is there


def test_false_means_auto_where_torchrun_has_started_again(monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "0")
    assert not resumes(False, True)
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert resumes(False, True) and not resumes("false", False)
    assert resumes(True, False)


def test_other_words_are_refused():
    with pytest.raises(ValueError, match="resume must be true, false or auto, got 'perhaps'"):
        resumes("perhaps", True)

# SPDX-License-Identifier: Apache-2.0
import json
import logging

import pytest

from monai_ext.cli.bundle_runs import bundle_runs


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A bundle that notes what it was given."""
    monkeypatch.chdir(tmp_path)
    note = "$open('notes', 'a').write(str(@epochs) + ' ')"
    (tmp_path / "train.json").write_text(json.dumps({"imports": [], "epochs": 0, "run": [note, "$1 / (9 - @epochs)"]}))
    level = logging.getLogger().level
    yield ["run", "--config_file", "['train.json']", "--logging_file", "False"]
    logging.getLogger().setLevel(level)


def test_commands_run_one_after_the_other(config, tmp_path):
    bundle_runs([[*config, "--epochs", "2"], [*config, "--epochs", "3"]])
    assert (tmp_path / "notes").read_text() == "2 3 "


def test_after_one_that_fails_no_other_runs(config, tmp_path):
    with pytest.raises(RuntimeError, match="Failed to evaluate"):
        bundle_runs([[*config, "--epochs", "9"], [*config, "--epochs", "3"]])
    assert (tmp_path / "notes").read_text() == "9 "

# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.cli import main


def test_help_lists_the_experiments(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["experiment", "--help"])
    assert "few-label" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "message"), [([], "required: EXPERIMENT"), (["mix"], "invalid choice: 'mix'")])
def test_another_experiment_is_told_in_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["experiment", *arguments])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("vasomim experiment: ") and message in line

# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

import pytest

SCRIPT = """
import monai.bundle
from monai_ext.engines import state_cause_last
state_cause_last()
def told():
    try:
        raise KeyError("head.weight")
    except KeyError as error:
        raise ValueError("weights 'model.pt' must fit, 'head.weight' is missing.") from error
config = {"part": {"_target_": "monai.transforms.Lambda", "func": "$@told()"}, "told": "$told", "run": "$@part"}
parser = monai.bundle.ConfigParser(config, globals={"told": told})
parser.get_parsed_content("run")
"""


def assert_the_cause_is_last(said: str) -> None:
    """Not MONAI's errors around it, nor what the part itself had caught."""
    assert said.splitlines()[-1] == "ValueError: weights 'model.pt' must fit, 'head.weight' is missing."
    assert "RuntimeError: Failed to evaluate" in said


def test_what_a_part_of_the_configuration_says_is_the_last_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with pytest.raises(RuntimeError) as caught:
        exec(SCRIPT, {})
    sys.excepthook(caught.type, caught.value, caught.tb)
    assert_the_cause_is_last(capsys.readouterr().err)


@pytest.mark.slow
def test_it_is_the_last_line_of_a_process():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 1
    assert_the_cause_is_last(done.stderr)

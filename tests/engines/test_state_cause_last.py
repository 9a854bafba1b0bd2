# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

SCRIPT = """
from monai_ext.engines import state_cause_last
state_cause_last()
try:
    raise ValueError("epochs must be positive, got 0.")
except ValueError as error:
    raise RuntimeError("expression failed") from error
"""


def test_the_cause_is_the_last_line():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ValueError: epochs must be positive, got 0."
    assert "RuntimeError: expression failed" in done.stderr

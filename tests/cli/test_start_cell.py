# SPDX-License-Identifier: Apache-2.0
import pytest
from made_cell import make_cell

from monai_ext.cli.start_cell import start_cell


@pytest.mark.slow
def test_it_logs_its_commands_and_ends_with_the_process_that_holds_its_input(tmp_path):
    cell = make_cell(tmp_path / "out", knobs={"cache_dir": str(tmp_path / "cache"), "phantom_count": "10000"})
    process = start_cell(cell, jobs=2)
    lines = (cell.folder / "log.txt").read_text().splitlines()
    assert f"in {cell.plan.bundle}" in lines[0] and lines[1:3] == [f"$ {command}" for command in cell.shown()]
    process.stdin.close()  # as the system does when this process is killed
    assert process.wait(timeout=120) == 1 and not (cell.folder / "run.json").exists()

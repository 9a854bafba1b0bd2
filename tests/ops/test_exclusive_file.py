# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

import pytest

from monai_ext.ops import exclusive_file

HOLD = "import sys; from monai_ext.ops import exclusive_file\nwith exclusive_file(sys.argv[1]) as held: print(held, flush=True); sys.stdin.read()"


def test_one_process_holds_it_until_its_block_ends(tmp_path):
    for _ in range(2):
        with exclusive_file(tmp_path / "lock") as held:
            assert held


def test_it_is_held_once_at_a_time(tmp_path):
    pytest.importorskip("fcntl")
    with exclusive_file(tmp_path / "lock") as held, exclusive_file(tmp_path / "lock") as again:
        assert held and not again


@pytest.mark.slow
def test_another_process_is_told_and_a_killed_one_lets_go(tmp_path):
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / "lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout.readline() == "True\n"
        with exclusive_file(tmp_path / "lock") as held:
            assert not held
        other.kill()
        other.wait()
    with exclusive_file(tmp_path / "lock") as held:
        assert held


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OSError, match="none"), exclusive_file(tmp_path / "none" / "lock"):
        pass

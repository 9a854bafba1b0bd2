# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.cli.command_error import CommandError
from monai_ext.cli.one_at_a_time import one_at_a_time


def test_a_second_one_is_refused_until_the_first_ends(tmp_path):
    pytest.importorskip("fcntl", reason="locks of the system")
    with one_at_a_time(tmp_path / "a" / "b"):
        with (
            pytest.raises(CommandError, match="must be filled by one command at a time"),
            one_at_a_time(tmp_path / "a/b"),
        ):
            pass
        with one_at_a_time(tmp_path / "other"):
            pass
    with one_at_a_time(tmp_path / "a" / "b"):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    message = r"--out must be a folder that can be written, got '.*file/a' \(Not a dir"
    with pytest.raises(CommandError, match=message), one_at_a_time(tmp_path / "file" / "a"):
        pass

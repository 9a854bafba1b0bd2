# SPDX-License-Identifier: Apache-2.0
import errno
import subprocess

import pytest

from monai_ext.cli.command_error import CommandError
from monai_ext.cli.watched_folder import WatchedFolder

FAULT = FileNotFoundError(errno.ENOENT, "No such file or directory")


def test_a_broken_file_is_not_the_folders_fault(tmp_path):
    WatchedFolder(tmp_path).check(ValueError("broken"))
    WatchedFolder(tmp_path).check(FAULT)


def test_errors_of_the_system_end_the_work(tmp_path):
    with pytest.raises(
        CommandError, match=r"cannot be read any more .*Stale file handle.*give the same command again"
    ) as caught:
        WatchedFolder(tmp_path).check(OSError(errno.ESTALE, "Stale file handle"))
    assert caught.value.code == 4


def test_a_folder_that_is_gone_ends_the_work(tmp_path):
    (tmp_path / "in").mkdir()
    folder = WatchedFolder(tmp_path / "in")
    (tmp_path / "in").rmdir()
    with pytest.raises(CommandError, match="in' was there and is gone") as caught:
        folder.check(FAULT)
    assert caught.value.code == 4


def test_an_empty_mount_point_is_another_folder(tmp_path):
    """What a network folder leaves when it is taken off."""
    mount = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], capture_output=True)
    if mount.returncode:
        pytest.skip("needs the right to mount a tmpfs")
    folder = WatchedFolder(tmp_path)
    subprocess.run(["umount", str(tmp_path)], check=True)
    with pytest.raises(CommandError, match="was there and is gone"):
        folder.check(FAULT)

# SPDX-License-Identifier: Apache-2.0
import os

from monai_ext.data.walk_files import walk_files


def test_folders_in_order_and_circles_left(tmp_path):
    for name in ("b/2", "a/1", "a/x/3"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a/x/up").symlink_to(tmp_path)
    (tmp_path / "b/broken").symlink_to(tmp_path / "nothing")
    names = [path.relative_to(tmp_path).as_posix() for path in walk_files(tmp_path)]
    assert names[:2] == ["a/1", "a/x/3"] and sorted(names[2:]) == ["b/2", "b/broken"]


def test_folders_that_cannot_be_read_are_passed_over_and_told(tmp_path, monkeypatch):
    (tmp_path / "1").touch()
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    errors = []
    assert [path.name for path in walk_files(tmp_path, errors.append)] == ["1"] and len(errors) == 1
    assert [path.name for path in walk_files(tmp_path)] == ["1"]

# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.results.whole_folder import whole_folder


def fill(folder, text, fail=False):
    with whole_folder(folder) as temporary:
        (temporary / text).touch()
        if fail:
            raise OSError("disk full")


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_new_folder_takes_the_place_of_the_old(tmp_path):
    for text in ("old", "new"):
        fill(tmp_path / "deep" / "a", text)
    assert names(tmp_path) == ["deep", "deep/a", "deep/a/new"]


def test_a_failure_leaves_the_old_and_nothing_else(tmp_path):
    fill(tmp_path / "a", "old")
    for target in ("a", "b"):
        with pytest.raises(OSError, match="disk full"):
            fill(tmp_path / target, "new", fail=True)
    assert names(tmp_path) == ["a", "a/old"]


def test_what_a_killed_process_left_goes(tmp_path):
    (tmp_path / "a.tmp").mkdir()
    (tmp_path / "a.tmp" / "half").touch()
    fill(tmp_path / "a", "new")
    assert names(tmp_path) == ["a", "a/new"]

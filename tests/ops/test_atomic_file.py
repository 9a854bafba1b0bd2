# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from monai_ext.ops.atomic_file import atomic_file


def test_file_appears_at_the_end_of_the_block_in_a_new_folder(tmp_path):
    path = tmp_path / "new" / "curves.csv"
    with atomic_file(path) as temporary:
        temporary.write_text("whole")
        assert temporary.parent == path.parent and not path.exists()
    assert path.read_text() == "whole" and [p.name for p in path.parent.iterdir()] == ["curves.csv"]


def test_exception_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="disk"), atomic_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("disk")
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["curves.csv"]


def test_leftover_of_a_killed_process_is_replaced(tmp_path):
    (tmp_path / "a.pt.tmp").write_text("torn and longer than the new one")
    with atomic_file(tmp_path / "a.pt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "a.pt").read_text() == "new" and not (tmp_path / "a.pt.tmp").exists()

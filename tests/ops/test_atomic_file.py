# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import pytest
from small_disk import file_limit

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


def test_the_old_file_is_kept_under_another_name_once_the_new_one_is_whole(tmp_path):
    path, before = tmp_path / "a.pt", tmp_path / "before.pt"
    for text in ("first", "second"):
        with atomic_file(path, keep=before) as temporary:
            temporary.write_text(text)
            assert not before.exists()
    assert path.read_text() == "second" and before.read_text() == "first"
    with pytest.raises(RuntimeError), atomic_file(path, keep=before):
        raise RuntimeError("disk")
    assert path.read_text() == "second" and before.read_text() == "first"


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    with (
        file_limit(1),
        pytest.raises(OSError, match=r"too large: '.*a\.csv'"),
        atomic_file(tmp_path / "a.csv") as temporary,
    ):
        temporary.write_bytes(bytes(2000))
    assert (tmp_path / "a.csv").read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_without_links_the_old_file_is_moved(tmp_path, monkeypatch):
    def link(*_):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", link)
    test_the_old_file_is_kept_under_another_name_once_the_new_one_is_whole(tmp_path)


def test_a_kill_between_both_names_costs_nothing(tmp_path):
    path, before = tmp_path / "a.pt", tmp_path / "before.pt"
    path.write_text("old")
    os.link(path, before)
    with atomic_file(path, keep=before) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new" and before.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2

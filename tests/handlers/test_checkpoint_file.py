# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import killed_writes
import pytest
import torch
from killed_writes import saved, state
from small_disk import file_limit, small_disk


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def two(tmp_path):
    """Two checkpoints that a run has left, 2 the newest and 1 before it."""
    file = saved(tmp_path)
    for number in range(3):
        file.write(state(number))
    return tmp_path


def test_the_newest_and_the_one_before_it_are_kept(two):
    assert names(two) == ["checkpoint.pt", "checkpoint_before.pt"]
    assert saved(two).read()["number"] == 2
    assert torch.load(two / "checkpoint_before.pt", weights_only=True)["number"] == 1


@pytest.mark.parametrize("spoil", [flip, cut, Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_newest_one_that_is_not_whole_falls_back_and_says_so(two, spoil):
    spoil(two / "checkpoint.pt")
    with pytest.warns(
        UserWarning, match=r"checkpoint\.pt' is (cut or corrupt|missing).*checkpoint_before\.pt', is read in its"
    ):
        assert saved(two).read()["number"] == 1


def test_after_a_fall_back_the_good_one_is_not_replaced_by_the_bad_one(two):
    flip(two / "checkpoint.pt")
    file = saved(two)
    with pytest.warns(UserWarning, match="is read in its place"):
        file.read()
    file.write(state(5))
    assert saved(two).read()["number"] == 5
    assert torch.load(two / "checkpoint_before.pt", weights_only=True)["number"] == 1


def test_two_bad_ones_are_one_error_that_names_both(two):
    cut(two / "checkpoint.pt")
    flip(two / "checkpoint_before.pt")
    with pytest.raises(
        ValueError, match=r"checkpoint\.pt' is cut .*; nor can .*checkpoint_before\.pt' is cut .* without `--res"
    ):
        saved(two).read()


def test_a_missing_one_is_an_error_that_tells_what_to_do(tmp_path):
    assert not saved(tmp_path).exists()
    with pytest.raises(
        FileNotFoundError, match=r"no checkpoint '.*checkpoint\.pt'.*; run without `--resume true`.*anew\.$"
    ):
        saved(tmp_path).read()


def test_what_another_run_has_left_is_put_away_and_told_of(two, caplog):
    saved(two).put_away()
    assert "checkpoint.pt' of an earlier run is kept as 'previous_checkpoint.pt'" in caplog.text
    assert names(two) == ["previous_checkpoint.pt", "previous_checkpoint_before.pt"]
    saved(two).put_away()
    assert not saved(two).exists() and len(names(two)) == 2
    saved(two).write(state(9))
    saved(two).put_away()
    assert torch.load(two / "previous_checkpoint.pt", weights_only=True)["number"] == 2
    assert torch.load(two / "previous_2_checkpoint.pt", weights_only=True)["number"] == 9
    with pytest.raises(FileNotFoundError, match=r"or rename '.*previous_checkpoint\.pt' of the run before"):
        saved(two).read()


def test_a_foreign_file_and_one_of_an_earlier_version(tmp_path):
    torch.save({"weight": torch.zeros(2)}, tmp_path / "checkpoint.pt")
    with pytest.raises(ValueError, match=r"must be a training checkpoint \(with number, objects\), it is not"):
        saved(tmp_path).read()
    torch.save(state(3), tmp_path / "checkpoint.pt")  # had no checksum
    assert saved(tmp_path).read()["number"] == 3


def test_a_file_that_was_not_made_here_does_not_become_the_one_before(tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes(b"?")
    saved(tmp_path).write(state(1))
    assert names(tmp_path) == ["checkpoint.pt"] and saved(tmp_path).read()["number"] == 1


def test_a_write_that_fails_leaves_all_as_it_was(two):
    file = saved(two)
    file.read()
    with (
        file_limit(2000),
        pytest.raises(
            OSError, match=r"'.*checkpoint\.pt' could not .* \(File too large\): .* MB are free and about 4\.0 MB"
        ),
    ):
        file.write(state(9, numbers=1_000_000))
    assert names(two) == ["checkpoint.pt", "checkpoint_before.pt"] and saved(two).read()["number"] == 2
    file.write(state(9))
    assert saved(two).read()["number"] == 9


def test_an_error_that_is_not_of_the_disk_is_not_taken_for_one(two, monkeypatch):
    def save(*_):
        raise RuntimeError("of a device")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="of a device"):
        patch.setattr(torch, "save", save)
        saved(two).write(state(9))
    assert saved(two).read()["number"] == 2


@pytest.mark.slow
def test_a_full_disk_keeps_what_is_there_and_the_next_write_succeeds_where_there_is_room(tmp_path):
    with small_disk(tmp_path / "disk", 2048) as folder:
        file = saved(folder)
        for number in range(2):
            file.write(state(number, numbers=100_000))
        (folder / "other").write_bytes(bytes(1_000_000))
        with pytest.raises(OSError, match=r"No space left on device\): 0\.\d MB are free and about 0\.4 MB needed"):
            file.write(state(2, numbers=100_000))
        assert (
            names(folder) == ["checkpoint.pt", "checkpoint_before.pt", "other"] and saved(folder).read()["number"] == 1
        )
        (folder / "other").unlink()
        file.write(state(2, numbers=100_000))
        assert saved(folder).read()["number"] == 2


@pytest.mark.slow
def test_killed_at_any_moment_of_a_write_a_whole_one_is_left(tmp_path):
    """Every process goes on from what the one before has left: 25 are killed at moments spread over two writes, the others at each thing
    that a write asks of the file system."""
    done = subprocess.run(
        [sys.executable, killed_writes.__file__, tmp_path], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) > 30 and {line.split(": ")[1] for line in lines} >= {"old", "old and a temporary", "new"}
    assert "is missing" not in done.stderr  # at no moment

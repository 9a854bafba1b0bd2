# SPDX-License-Identifier: Apache-2.0
import os

import pytest
import torch

from monai_ext.networks import read_weights, write_weights


class Arbitrary:
    pass


@pytest.mark.parametrize("name", ["a.safetensors", "a.pt", "a.bin"])
def test_tensors_are_read_back(tmp_path, name):
    weights = {"x": torch.rand(2, 3).T, "n": torch.tensor(3)}  # not contiguous, no dimension
    write_weights(weights, tmp_path / name)
    assert os.listdir(tmp_path) == [name]
    read = read_weights(tmp_path / name)
    assert read.keys() == weights.keys()
    assert all(torch.equal(read[key], weights[key]) for key in weights)


def test_weights_are_found_in_a_training_file(tmp_path):
    torch.save({"model": {"state_dict": {"x": torch.ones(1), "version": 2}}, "epoch": 1}, tmp_path / "a.pt")
    assert list(read_weights(tmp_path / "a.pt")) == ["x"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
@pytest.mark.parametrize("name", ["a.pt", "a.safetensors"])
def test_others_may_read_what_the_user_lets_them(tmp_path, name):
    (tmp_path / "plain").touch()
    write_weights({"x": torch.ones(1)}, tmp_path / name)
    assert (tmp_path / name).stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("name", ["a.pt", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"not weights at all"])
def test_broken_file_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"weights '.*{name}' must be safetensors or a plain state dict"):
        read_weights(tmp_path / name)


def test_truncated_file_is_named(tmp_path):
    for name in ("a.pt", "a.safetensors"):
        write_weights({"x": torch.rand(100)}, tmp_path / name)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:200])
        with pytest.raises(ValueError, match=rf"weights '.*{name}' must be"):
            read_weights(tmp_path / name)


def test_objects_that_could_run_code_are_refused(tmp_path):
    torch.save({"model": {"x": torch.ones(1)}, "trainer": Arbitrary()}, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"a.pt' must be safetensors or a plain state dict"):
        read_weights(tmp_path / "a.pt")


def test_file_without_tensors_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "a.pt")
    torch.save([torch.ones(1)], tmp_path / "b.pt")
    with pytest.raises(ValueError, match=r"a.pt' must hold tensors by name, got only epoch"):
        read_weights(tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"b.pt' must be .*it holds a list"):
        read_weights(tmp_path / "b.pt")
    with pytest.raises(FileNotFoundError, match=r"c.pt' do not exist; check the path, or train them first"):
        read_weights(tmp_path / "c.pt")
    with pytest.raises(FileNotFoundError, match=r"are a folder; name the file in it"):
        read_weights(tmp_path)


def test_failed_write_leaves_the_old_file(tmp_path):
    write_weights({"x": torch.ones(1)}, tmp_path / "a.safetensors")
    with pytest.raises(TypeError):
        write_weights({"x": torch.zeros(1), 3: torch.zeros(1)}, tmp_path / "a.safetensors")
    assert torch.equal(read_weights(tmp_path / "a.safetensors")["x"], torch.ones(1))
    assert os.listdir(tmp_path) == ["a.safetensors"]

# SPDX-License-Identifier: Apache-2.0
import hashlib

import pytest

from monai_ext.cli.command_error import CommandError
from monai_ext.cli.starting_weights import StartingWeights


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "enc=oder.pt").write_bytes(b"weights")
    return tmp_path / "enc=oder.pt"


def test_names_alone_are_from_scratch():
    none, unet = StartingWeights.parse("none"), StartingWeights.parse("unet")
    assert (none.name, none.file, none.is_unet, none.digest) == ("none", None, False, None)
    assert (unet.name, unet.file, unet.is_unet) == ("unet", None, True)


def test_a_file_has_a_name_an_absolute_path_and_a_digest(file):
    weights = StartingWeights.parse("mae-1.0=enc=oder.pt")
    assert (weights.name, weights.file, weights.is_unet) == ("mae-1.0", file, False)
    assert weights.digest == hashlib.sha256(b"weights").hexdigest()


def test_a_file_that_cannot_be_read_is_told_by_its_own_name(tmp_path):
    with pytest.raises(CommandError, match=r"--weights must name a file that can be read, got '.*' \(Is a directory\)"):
        _ = StartingWeights("mae", tmp_path).digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("encoder.pt", "--weights must be none, unet or NAME=FILE, got 'encoder.pt'"),
        ("mae=", "must be none, unet or NAME=FILE, got 'mae='"),
        ("none=enc=oder.pt", "must be none, unet or NAME=FILE, got 'none=enc=oder.pt'"),
        ("a/b=enc=oder.pt", "must have a name of letters, digits, '.' and '-', got 'a/b'"),
        ("a_1=enc=oder.pt", "must have a name of letters"),
        ("=enc=oder.pt", "must have a name of letters"),
        ("mae=gone.pt", "must name a file of weights, got 'mae=gone.pt', there is none"),
    ],
)
def test_what_is_wrong_is_said(text, message, file):
    with pytest.raises(CommandError, match=message):
        StartingWeights.parse(text)

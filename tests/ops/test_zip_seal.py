# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import zipfile

import pytest
import torch

from monai_ext.ops.zip_seal import ZipSeal


@pytest.fixture
def sealed(tmp_path):
    path = tmp_path / "a.pt"
    torch.save({"weight": torch.arange(1000.0), "name": "net"}, path)
    ZipSeal.write(path)
    return path


def test_a_sealed_file_is_whole_and_read_as_before(sealed):
    ZipSeal.check(sealed)
    saved = torch.load(sealed, weights_only=True)
    assert saved["name"] == "net" and torch.equal(saved["weight"], torch.arange(1000.0))
    assert zipfile.ZipFile(sealed).testzip() is None


def test_the_seal_is_the_digest_of_all_before_it(sealed):
    content = sealed.read_bytes()
    digits = hashlib.sha256(content[:-64]).hexdigest()
    assert zipfile.ZipFile(sealed).comment == b"sha256 " + digits.encode()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_one_changed_bit_is_found(sealed, share):
    content = bytearray(sealed.read_bytes())
    content[round(share * (len(content) - 1))] ^= 1
    sealed.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.pt' must be as it was written"):
        ZipSeal.check(sealed)


def test_torch_alone_does_not_find_a_changed_bit(sealed):
    """Why there is a seal; if this fails, torch has learnt it."""
    content = bytearray(sealed.read_bytes())
    content[len(content) // 2] ^= 1
    sealed.write_bytes(content)
    assert not torch.equal(torch.load(sealed, weights_only=True)["weight"], torch.arange(1000.0))


def test_a_file_without_a_seal_passes(tmp_path):
    for content in (b"", b"short", bytes(200)):
        (tmp_path / "old.pt").write_bytes(content)
        ZipSeal.check(tmp_path / "old.pt")

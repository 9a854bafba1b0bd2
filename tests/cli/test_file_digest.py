# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.cli.file_digest import file_digest


def test_the_digest_is_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert (
        file_digest(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )  # FIPS 180-2, B.1
    with pytest.raises(FileNotFoundError):
        file_digest(tmp_path / "gone")

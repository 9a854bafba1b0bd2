# SPDX-License-Identifier: Apache-2.0
import shutil
from pathlib import Path

import pytest

from monai_ext.cli.command_error import CommandError
from monai_ext.cli.open_bundle import open_bundle


@pytest.fixture
def bundle(tmp_path) -> Path:
    (tmp_path / "b" / "top" / "configs").mkdir(parents=True)
    (tmp_path / "b" / "top" / "configs" / "inference.json").write_text("{}")
    return tmp_path / "b"


def test_a_folder_is_taken_as_it_is(bundle):
    with open_bundle(str(bundle)) as folder:
        assert folder == bundle


def test_a_zip_file_is_there_while_it_is_needed(bundle, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "b"), "zip", bundle)
    with open_bundle(archive) as folder:
        assert folder.name == "top" and (folder / "configs" / "inference.json").is_file()
    assert not folder.exists()


def test_what_cannot_be_unpacked_is_the_users_to_mend(tmp_path):
    (tmp_path / "b.zip").write_bytes(b"no zip")
    with (
        pytest.raises(CommandError, match=r"--bundle cannot be unpacked: '.*b.zip' must be a zip file"),
        open_bundle(str(tmp_path / "b.zip")),
    ):
        pass

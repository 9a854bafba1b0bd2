# SPDX-License-Identifier: Apache-2.0
import stat
from pathlib import Path

import pytest

from monai_ext.data.curation.pseudonyms import Pseudonyms


def test_keys_are_the_same_for_the_same_salt_and_tell_nothing(tmp_path):
    salt = tmp_path / "new" / "salt"
    first, again, other = Pseudonyms(salt), Pseudonyms(salt), Pseudonyms(tmp_path / "other")
    keys = {
        first.file(Path("/a/1.png")),
        first.file(Path("/a/2.png")),
        first.patient("xcav", "1"),
        first.patient("cadica", "1"),
        other.patient("xcav", "1"),
    }
    assert len(keys) == 5 and all(len(key) == 16 and int(key, 16) >= 0 for key in keys)
    assert first.patient("xcav", "1") == again.patient("xcav", "1")
    assert stat.S_IMODE(salt.stat().st_mode) == 0o600


def test_salt_of_the_user_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    key = Pseudonyms().file(Path("a"))
    assert (tmp_path / "vasomim" / "salt").is_file() and Pseudonyms().file(Path("a")) == key


def test_file_names_of_any_bytes_have_a_key(tmp_path):
    assert Pseudonyms(tmp_path / "salt").file(Path("/a/\udcff.png"))


@pytest.mark.parametrize("content", ["", "zz", "abcd"])
def test_a_file_without_a_salt_is_refused(tmp_path, content):
    (tmp_path / "salt").write_text(content)
    with pytest.raises(ValueError, match="must hold a salt of at least 32 hexadecimal digits"):
        Pseudonyms(tmp_path / "salt")

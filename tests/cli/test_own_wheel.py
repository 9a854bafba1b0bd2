# SPDX-License-Identifier: Apache-2.0
import base64
import csv
import hashlib
import io
import os
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

import monai_ext
from monai_ext.cli import own_wheel as module
from monai_ext.cli.own_wheel import own_wheel


@pytest.fixture(scope="module")
def wheel() -> tuple[str, zipfile.ZipFile]:
    name, content = own_wheel()
    return name, zipfile.ZipFile(io.BytesIO(content))


def test_name_and_metadata_tell_version_and_needs(wheel):
    name, _ = wheel
    stem = f"monai_ext-{monai_ext.__version__}"
    assert name == f"{stem}-py3-none-any.whl"
    metadata = PathDistribution(zipfile.Path(zipfile.ZipFile(io.BytesIO(own_wheel()[1])), f"{stem}.dist-info/"))
    assert metadata.version == monai_ext.__version__
    assert any(need.startswith("monai<1.7,>=1.6") for need in metadata.requires)
    assert [entry.value for entry in metadata.entry_points if entry.name == "vasomim"] == ["monai_ext.cli:main"]


def test_every_file_of_the_package_is_there_with_its_digest(wheel):
    name, content = wheel
    record = f"{'-'.join(name.split('-')[:2])}.dist-info/RECORD"
    rows = {row[0]: row[1:] for row in csv.reader(content.read(record).decode().splitlines())}
    assert set(rows) == set(content.namelist()) and rows.pop(record) == ["", ""]
    for file, (digest, size) in rows.items():
        own = base64.urlsafe_b64encode(hashlib.sha256(content.read(file)).digest()).rstrip(b"=").decode()
        assert (digest, int(size)) == (f"sha256={own}", len(content.read(file)))
    root = Path(monai_ext.__file__).parent
    assert {f"monai_ext/{path.relative_to(root).as_posix()}" for path in root.rglob("*.py")} <= set(rows)
    assert not any("__pycache__" in file for file in rows)


def test_same_files_give_the_same_bytes():
    assert own_wheel() == own_wheel()


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Path:
    """Metadata of a working copy."""
    (tmp_path / "monai_ext-1.dist-info").mkdir()
    (tmp_path / "monai_ext-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.4\nName: monai_ext\nVersion: 1\n")
    copy = PathDistribution(tmp_path / "monai_ext-1.dist-info")
    monkeypatch.setattr(module, "distribution", lambda name: copy)
    monkeypatch.setattr(PathDistribution, "version", "1")
    (tmp_path / "monai_ext").mkdir()
    monkeypatch.setattr(monai_ext, "__file__", str(tmp_path / "monai_ext" / "__init__.py"))
    return tmp_path


def test_package_that_is_not_installed_cannot_be_packed(installed):
    (installed / "monai_ext-1.dist-info" / "METADATA").unlink()
    with pytest.raises(ImportError, match=r"monai_ext must be installed to be packed into a bundle, it is not"):
        own_wheel()


def test_working_copy_that_needs_other_packages_by_now_must_be_installed_again(installed):
    (installed / "setup.cfg").write_text("[metadata]")
    os.utime(installed / "setup.cfg", (1, 1))
    assert own_wheel()[0] == "monai_ext-1-py3-none-any.whl"
    os.utime(installed / "setup.cfg", (2**32, 2**32))
    with pytest.raises(ImportError, match=r"installed again.*setup.cfg' is newer than what was installed"):
        own_wheel()

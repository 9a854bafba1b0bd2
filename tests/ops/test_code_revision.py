# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from monai_ext.ops.code_revision import code_revision


def git(folder, *words):
    own = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *own, "-C", folder, *words], check=True, capture_output=True)


@pytest.fixture
def package(tmp_path):
    if shutil.which("git") is None:
        pytest.skip("needs git")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("one = 1\n")
    git(tmp_path, "init")
    return tmp_path / "package"


def commit(package):
    git(package.parent, "add", ".")
    git(package.parent, "commit", "-m", "first")


def test_revision_of_a_checkout_and_whether_it_is_changed(package):
    commit(package)
    clean = code_revision(package)
    assert re.fullmatch("[0-9a-f]{40}", clean)
    (package / "notes.txt").write_text("files that git does not know do not count")
    assert code_revision(package) == clean
    (package / "__init__.py").write_text("one = 2\n")
    assert code_revision(package) == f"{clean}-dirty"


def test_a_package_within_the_checkout_of_another_project_has_none(package):
    (package.parent / ".gitignore").write_text("package/\n")
    commit(package)
    assert code_revision(package) is None


def test_no_checkout_and_no_git_have_none(tmp_path, package, monkeypatch):
    commit(package)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_revision(package) is None
    assert code_revision(tmp_path / "nowhere") is None

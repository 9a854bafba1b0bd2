# SPDX-License-Identifier: Apache-2.0
"""Imports form a star: parts import `ops` only, never each other sideways and never upwards (docs/decisions/0001)."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "monai_ext"
ALLOWED = {
    "ops": set(),
    "transforms": {"ops"},
    "networks": {"ops"},
    "losses": {"ops"},
    "metrics": {"ops"},
    "handlers": {"ops"},
    "optimizers": {"ops"},
    "engines": {"ops"},
    "inferers": {"ops"},
    "phantom": {"ops", "transforms"},
    "data": {"ops", "transforms", "phantom"},
    "results": {"ops"},
    "dicom": {"ops", "data", "results"},
}
ALLOWED["cli"] = set(ALLOWED)  # knows every other part, and none knows it


def imported_parts(file: Path) -> set[str]:
    """Sub-packages of ours that a file imports, however the import is written."""
    here = ("monai_ext", *file.relative_to(PACKAGE).parts[:-1])
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{stem}.{alias.name}" for alias in node.names}
    parts = {name.split(".")[1] for name in found if name.startswith("monai_ext.")}
    return parts & set(ALLOWED) - {file.relative_to(PACKAGE).parts[0]}


def test_every_part_has_its_rule():
    assert {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"} == set(ALLOWED)


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_part_imports_only_what_it_may(part):
    files = sorted((PACKAGE / part).rglob("*.py"))
    assert files
    for file in files:
        assert imported_parts(file) <= ALLOWED[part], f"{file.name} imports {imported_parts(file) - ALLOWED[part]}"


def test_the_check_sees_every_way_to_import(tmp_path, monkeypatch):
    monkeypatch.setattr("test_star_of_imports.PACKAGE", tmp_path)
    (tmp_path / "losses").mkdir()
    for line in (
        "from ..networks import UNeXt",
        "from monai_ext.networks import UNeXt",
        "import monai_ext.networks.unext",
        "from monai_ext import networks",
        "from .. import networks",
        "def f():\n    from ..networks import UNeXt",
    ):
        (tmp_path / "losses" / "a.py").write_text(line)
        assert imported_parts(tmp_path / "losses" / "a.py") == {"networks"}, line

# SPDX-License-Identifier: Apache-2.0
"""docs/security.md: each threat has a test, and each test is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
THREATS = [line.split(" | ") for line in TEXT.partition("| threat |")[2].splitlines()[2:] if line.startswith("| ")]
TESTS = sorted(set(re.findall(r"`(tests/[^`]+)`", TEXT)))


def test_every_threat_has_a_measure_and_a_test():
    assert len(THREATS) > 30
    for row in THREATS:
        assert len(row) == 3 and row[1].strip() and re.search(r"`tests/[^`]+`", row[2]), row[0]


@pytest.mark.parametrize("test", TESTS)
def test_the_test_is_there(test):
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert (
        name in there
        if name
        else (path.endswith("limited_memory.py") or any(each.startswith("test_") for each in there))
    )


@pytest.mark.parametrize(
    "needed",
    [
        "zip",
        "pickle",
        "XML",
        "65535",
        "deflated",
        "PNG",
        "NIfTI",
        "HTML",
        "formula",
        "NaN",
        "links",
        "terminal",
        "identity",
        "passwords",
    ],
)
def test_no_threat_is_forgotten(needed):
    assert any(needed in row[0] for row in THREATS), needed

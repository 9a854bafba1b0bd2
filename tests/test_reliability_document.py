# SPDX-License-Identifier: Apache-2.0
"""docs/reliability.md: each fault has a promise and a test, and each test is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
TABLE = TEXT.partition("| fault |")[2].partition("\n## ")[0]
FAULTS = [line.split(" | ") for line in TABLE.splitlines()[2:] if line.startswith("| ")]
TESTS = sorted(set(re.findall(r"`(tests/[^`]+)`", TEXT)))


def test_every_fault_has_a_promise_and_a_test():
    assert len(FAULTS) > 20
    for row in FAULTS:
        assert len(row) == 3 and row[1].strip() and re.search(r"`tests/[^`]+::test_[^`]+`", row[2]), row[0]


@pytest.mark.parametrize("test", TESTS)
def test_the_test_is_there(test):
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "needed",
    ["SIGKILL", "disk is full", "newest checkpoint", "NaN", "worker", "vanishes", "SIGTERM", "clock", "grow", "node"],
)
def test_no_fault_is_forgotten(needed):
    assert any(needed in row[0] for row in FAULTS), needed

# SPDX-License-Identifier: Apache-2.0
"""A document of ours whose table names a test for each row."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def rows_below(head: str, text: str) -> list[list[str]]:
    """Rows of the table that begins with `head`, without it."""
    table = text.partition(head)[2].partition("\n## ")[0]
    return [line.split(" | ") for line in table.splitlines()[2:] if line.startswith("| ")]


def named_tests(text: str) -> list[str]:
    return sorted(set(re.findall(r"`(tests/[^`]+)`", text)))


def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}

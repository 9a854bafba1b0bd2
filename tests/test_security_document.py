# SPDX-License-Identifier: Apache-2.0
"""docs/security.md: each threat has a test, and each test is there."""

from __future__ import annotations

import re

import pytest
from document_of_tests import functions_of, named_tests, rows_below, text_of

TEXT = text_of("security.md")
THREATS, TESTS = rows_below("| threat |", TEXT), named_tests(TEXT)


def test_every_threat_has_a_measure_and_a_test():
    assert len(THREATS) > 30
    for row in THREATS:
        assert len(row) == 3 and row[1].strip() and re.search(r"`tests/[^`]+`", row[2]), row[0]


@pytest.mark.parametrize("test", TESTS)
def test_the_test_is_there(test):
    path, _, name = test.partition("::")
    there = functions_of(path)
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

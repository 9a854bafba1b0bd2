# SPDX-License-Identifier: Apache-2.0
"""docs/reliability.md: each fault has a promise and a test, and each test is there."""

from __future__ import annotations

import re

import pytest
from document_of_tests import functions_of, named_tests, rows_below, text_of

TEXT = text_of("reliability.md")
FAULTS, TESTS = rows_below("| fault |", TEXT), named_tests(TEXT)


def test_every_fault_has_a_promise_and_a_test():
    assert len(FAULTS) > 20
    for row in FAULTS:
        assert len(row) == 3 and row[1].strip() and re.search(r"`tests/[^`]+::test_[^`]+`", row[2]), row[0]


@pytest.mark.parametrize("test", TESTS)
def test_the_test_is_there(test):
    path, _, name = test.partition("::")
    assert name in functions_of(path)


@pytest.mark.parametrize(
    "needed",
    ["SIGKILL", "disk is full", "newest checkpoint", "NaN", "worker", "vanishes", "SIGTERM", "clock", "grow", "node"],
)
def test_no_fault_is_forgotten(needed):
    assert any(needed in row[0] for row in FAULTS), needed

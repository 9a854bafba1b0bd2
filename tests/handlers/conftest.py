# SPDX-License-Identifier: Apache-2.0
"""A full disk for tests in files that are also run as scripts, which do not find `small_disk`."""

from __future__ import annotations

import pytest
import small_disk


@pytest.fixture
def file_limit():
    return small_disk.file_limit

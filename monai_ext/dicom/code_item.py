# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["code_item"]


def code_item(code: tuple[str, str, str]) -> Dataset:
    """A coded concept as an item of a sequence.

    Args:
        code: value, coding scheme and meaning.

    References:
        DICOM PS3.3, 8.8.
    """
    from pydicom import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    return item

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.uid import UID

__all__ = ["stable_uid"]


def stable_uid(*origin: str) -> UID:
    """The UID of what is made from these words: equal words give the same, others another one.

    References:
        DICOM PS3.5, 9.1; the number behind the root of pydicom is taken from the SHA-512 of the words.
    """
    from pydicom.uid import generate_uid

    return generate_uid(entropy_srcs=[json.dumps(origin)])

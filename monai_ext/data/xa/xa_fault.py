# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

__all__ = ["XAFault"]


class XAFault(ValueError):
    """What is wrong with a file, in words of ours.

    The messages of pydicom and of decoders may quote the file, and with it the patient: they are replaced, these are shown.
    """

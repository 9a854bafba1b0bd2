# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno

__all__ = ["SYSTEM_ERRORS"]

SYSTEM_ERRORS = frozenset(
    getattr(errno, name)
    for name in ("EIO", "ESTALE", "ENOTCONN", "EMFILE", "ENFILE", "ENOMEM", "ETIMEDOUT", "EREMOTEIO")
    if hasattr(errno, name)
)
"""Numbers of errors that tell of a share that is gone or a machine that is full, not of a broken file."""

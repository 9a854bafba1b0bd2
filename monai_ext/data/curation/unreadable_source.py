# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

__all__ = ["UnreadableSource"]


class UnreadableSource(RuntimeError):
    """The system is at fault, not a file: a share that is gone, too many open files. It names no file, since names may be patients'."""

    def __init__(self, reason: object) -> None:
        words = getattr(reason, "strerror", None) or reason
        super().__init__(f"the sources cannot be read ({words}); mend that, and run the same command again.")

    def __reduce__(self) -> tuple:
        return RuntimeError, self.args  # it comes from another process

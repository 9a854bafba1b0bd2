# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from types import TracebackType

__all__ = ["state_cause_last"]

_WRAPPERS = ("Failed to evaluate ", "Failed to instantiate ")
"""How MONAI's errors around another begin."""


def state_cause_last() -> None:
    """From now on an uncaught error ends with the sentence that matters.

    A bundle's expressions are evaluated within each other, and MONAI wraps the error of the innermost once for each, so it stands far above the end of
    the traceback. This adds its line at the very end. For the command line: it sets `sys.excepthook`.
    """
    sys.excepthook = _report


def _report(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    sys.__excepthook__(kind, error, traceback)
    cause = error
    while cause.__cause__ is not None and str(cause).startswith(_WRAPPERS):
        cause = cause.__cause__
    if cause is not error:
        print(f"\n{type(cause).__name__}: {cause}", file=sys.stderr)

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from ..system_errors import SYSTEM_ERRORS
from .xa_fault import XAFault

__all__ = ["guard_xa"]

Result = TypeVar("Result")


def guard_xa(path: str | os.PathLike[str], read: Callable[[], Result]) -> Result:
    """What `read` returns; whatever it raises about the file's content becomes a ValueError that names the file.

    The new error has no cause and no context: a traceback must not show the value that a parser stumbled over.

    Raises:
        FileNotFoundError, ImportError: as `read` does.
        OSError: if the system is at fault, see `SYSTEM_ERRORS`.
        ValueError: for everything else.
    """
    try:
        return read()
    except (FileNotFoundError, ImportError):
        raise
    except XAFault as fault:
        problem = str(fault)
    except OSError as error:
        if error.errno in SYSTEM_ERRORS:
            raise
        problem = f"the system says '{error.strerror or type(error).__name__}'; check the file and its permissions."
    except Exception as error:  # parsers and decoders raise about ten kinds on broken files
        problem = f"its content is damaged ({type(error).__name__}); copy it again or leave it out."
    raise ValueError(f"'{os.fspath(path)}' cannot be read as an X-ray cine: {problem}")

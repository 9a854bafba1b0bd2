# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import os
from pathlib import Path

from monai_ext.data.system_errors import SYSTEM_ERRORS

from .command_error import CommandError

__all__ = ["WatchedFolder"]


class WatchedFolder:
    """A folder of files to read, which may vanish meanwhile, as network folders do; then not each of its files is to blame.

    Args:
        folder: that is there now.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._place = folder, _place(folder)

    def check(self, error: BaseException) -> None:
        """Called when a file cannot be used: ends the work if the system is at fault.

        Args:
            error: that the file has raised.

        Raises:
            CommandError: if the error is one of `SYSTEM_ERRORS`, or the folder is gone or another one, such as an empty mount point; its code is 4.
        """
        if getattr(error, "errno", None) in SYSTEM_ERRORS:
            raise CommandError(f"'{self.folder}' cannot be read any more ({error}). {self.again}", 4) from error
        with contextlib.suppress(OSError):
            if _place(self.folder) == self._place:
                return
        raise CommandError(f"'{self.folder}' was there and is gone. {self.again}", 4) from error

    again = "What is finished stays; mend it and give the same command again."


def _place(folder: Path) -> tuple[int, int]:
    facts = os.stat(folder)
    return facts.st_dev, facts.st_ino

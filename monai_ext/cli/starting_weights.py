# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .command_error import CommandError
from .file_digest import file_digest

__all__ = ["StartingWeights"]

_WITHOUT_FILE = ("none", "unet")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


@dataclass(frozen=True)
class StartingWeights:
    """What a training starts from, as the user names it: `none` (from scratch), `unet` (a U-net from scratch), or NAME=FILE, an encoder.

    Raises:
        CommandError: by `parse`, if it is none of these or there is no such file.
    """

    name: str
    file: Path | None = None
    """Absolute."""

    @classmethod
    def parse(cls, text: str) -> StartingWeights:
        """Reads `none`, `unet` or NAME=FILE."""
        name, has_file, file = text.partition("=")
        if not has_file and name in _WITHOUT_FILE:
            return cls(name)
        if not file or name in _WITHOUT_FILE:
            raise CommandError(f"--weights must be none, unet or NAME=FILE, got '{text}'; name the file of an encoder.")
        if not _NAME.fullmatch(name):
            raise CommandError(
                f"--weights must have a name of letters, digits, '.' and '-', got '{name}'; folders are named so."
            )
        if not Path(file).is_file():
            raise CommandError(f"--weights must name a file of weights, got '{text}', there is none; check the path.")
        return cls(name, Path(file).resolve())

    @property
    def is_unet(self) -> bool:
        """Whether another network takes the place of the encoder."""
        return self.name == "unet"

    @cached_property
    def digest(self) -> str | None:
        """SHA-256 of the file: the same weights may move, others under the same name are noticed.

        Raises:
            CommandError: if the file cannot be read.
        """
        if self.file is None:
            return None
        try:
            return file_digest(self.file)
        except OSError as error:
            raise CommandError(
                f"--weights must name a file that can be read, got '{self.file}' ({error.strerror or error}); check its rights."
            ) from error

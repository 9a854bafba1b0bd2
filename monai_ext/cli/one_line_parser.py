# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from argparse import ArgumentParser
from typing import NoReturn

__all__ = ["OneLineParser"]


class OneLineParser(ArgumentParser):
    """A parser that says in one line what is wrong with the arguments, and where help is, instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        self.exit(2, f"{self.prog}: {message}; see '{self.prog} --help'.\n")

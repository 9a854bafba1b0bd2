# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from monai.bundle import ConfigParser

__all__ = ["parsed_content"]


def parsed_content(parser: ConfigParser, key: str) -> Any:
    """The content of an id of a configuration.

    Raises:
        ValueError: with what went wrong at the id at fault; MONAI wraps it once for each id around that one.
    """
    try:
        return parser.get_parsed_content(key)
    except Exception as error:
        while error.__cause__ is not None and str(error).startswith("Failed to "):
            error = error.__cause__
        raise ValueError(str(error)) from error

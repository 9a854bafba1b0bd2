# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .command_error import CommandError

__all__ = ["bundle_json"]


def bundle_json(folder: Path, name: str, *, rule: str) -> dict[str, Any]:
    """A file of a bundle's `configs`, as it stands there.

    Args:
        folder: of the bundle.
        name: of the file.
        rule: what the user must give, for the message where there is no such file.

    Raises:
        CommandError: if it is missing, or no JSON object.
    """
    file = folder / "configs" / name
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise CommandError(f"{rule} with configs/{name}, got '{folder}'; check the path.") from error
    except (OSError, TypeError, ValueError) as error:
        raise CommandError(f"'{file}' must be a JSON object that can be read ({error}); repair the bundle.") from error

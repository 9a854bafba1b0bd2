# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["json_rows"]


def json_rows(content: Mapping[str, Any]) -> str:
    """JSON that people and line tools can read: one line an entry, and one an item of a list.

    Args:
        content: JSON values by name.

    Returns:
        The text, with a line break at the end.
    """
    entries = []
    for key, value in content.items():
        rows = ",\n".join(f"    {json.dumps(item)}" for item in value) if isinstance(value, list) else ""
        entries.append(f"  {json.dumps(key)}: " + (f"[\n{rows}\n  ]" if rows else json.dumps(value)))
    return "{\n" + ",\n".join(entries) + "\n}\n"

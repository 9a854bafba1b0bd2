# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

__all__ = ["readable_json"]


def readable_json(content: Any, margin: str = "") -> str:
    """JSON for people to read and change: a name a line, its list beside it."""
    if not isinstance(content, dict) or not content:
        return json.dumps(content, allow_nan=False)
    inner = margin + "  "
    lines = (f"{inner}{json.dumps(name)}: {readable_json(value, inner)}" for name, value in content.items())
    return "{\n" + ",\n".join(lines) + f"\n{margin}}}"

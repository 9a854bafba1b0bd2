# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from html import escape

__all__ = ["html_name", "html_text"]


def html_text(value: str) -> str:
    """Escaped; bytes of a name that are no UTF-8 become question marks, so that the page can be written."""
    return escape(str(value).encode("utf-8", "replace").decode("utf-8"))


def html_name(name: str) -> str:
    """Long ones may break where people would break them."""
    return html_text(name).replace("_", "_<wbr>").replace("/", "/<wbr>")

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

__all__ = ["one_line"]


def one_line(text: object) -> str:
    """Text for a log or a terminal on one line; whatever is not printed as itself is escaped.

    Names of files may hold line breaks, which forge lines of a log, and control characters, which move a terminal's cursor or turn the direction of writing.

        one_line("1.png\\n2.png")  # 1.png\\\\n2.png

    Args:
        text: or what has one, such as a path.
    """
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(text))

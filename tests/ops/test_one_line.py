# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from monai_ext.ops import one_line


@pytest.mark.parametrize("text", ["left/7 (2).dcm", "Größe.png", "冠動脈.png", "'quoted' \"twice\""])
def test_what_people_read_stays(text):
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1.png\n2.png", r"1.png\n2.png"),
        ("\x1b[2J\x07.png", r"\x1b[2J\x07.png"),
        ("gnp.\u202e1", r"gnp.\u202e1"),
        ("\udcff.png", r"\udcff.png"),
        ("a\u2028b\x85c", r"a\u2028b\x85c"),
    ],
)
def test_what_moves_a_terminal_or_forges_a_line_is_escaped(text, shown):
    assert one_line(text) == shown and one_line(Path(text)) == shown

# SPDX-License-Identifier: Apache-2.0
import json

from monai_ext.ops import json_rows


def test_an_entry_and_an_item_of_a_list_take_a_line_each():
    content = {"file": 'a "b"', "none": [], "frames": [{"frame": 0, "boxes": [1, 2]}, {"frame": 1, "boxes": []}]}
    text = json_rows(content)
    assert json.loads(text) == content
    assert text.splitlines()[1:5] == [
        '  "file": "a \\"b\\"",', '  "none": [],', '  "frames": [', '    {"frame": 0, "boxes": [1, 2]},',
    ]  # fmt: skip

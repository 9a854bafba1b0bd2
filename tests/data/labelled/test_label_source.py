# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from monai_ext.data.labelled import LABELS, MASKS, label_source
from monai_ext.data.records import Record


def record(source, *names):
    return Record(Path("1.png"), source, labels=dict.fromkeys(names, "mask.png"))


@pytest.mark.parametrize(
    ("source", "names", "expected"),
    [
        ("arcade", ("segments",), ("segments", "segments", None, None)),
        ("arcade", ("stenoses",), (None, None, "stenoses", "stenoses")),
        ("arcade", ("stenoses", "segments"), ("segments", "segments", "stenoses", "stenoses")),
        ("xcav", ("catheter", "vessels"), ("vessels", None, None, None)),
        ("xcav", ("catheter",), (None, None, None, None)),
        ("masks", ("vessels",), ("vessels", "vessels", "vessels", None)),
        ("masks", ("catheter", "vessels"), ("vessels", "vessels", "vessels", None)),
        ("masks", ("catheter",), (None, None, None, None)),
        ("masks", ("vessels", "segment_map"), ("vessels", "segment_map", "vessels", None)),
        ("stenosis", ("boxes",), (None, None, None, "boxes")),
        ("mine", ("stenoses", "boxes"), (None, None, "stenoses", "boxes")),
        ("images", (), (None, None, None, None)),
    ],
)
def test_what_each_task_is_read_of(source, names, expected):
    """Vessels, segments, stenoses, boxes: a catheter is none of them, a folder of masks is whatever is trained but boxes."""
    assert LABELS == (*MASKS, "boxes") == ("vessels", "segments", "stenoses", "boxes")
    assert tuple(label_source(record(source, *names), label) for label in LABELS) == expected


def test_an_unknown_label_is_refused():
    with pytest.raises(ValueError, match="label must be one of vessels, segments, stenoses, boxes, got 'catheter'"):
        label_source(record("masks", "catheter"), "catheter")

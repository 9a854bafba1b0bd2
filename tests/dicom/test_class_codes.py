# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.dicom.class_codes import class_codes
from monai_ext.phantom import SEGMENTS


@pytest.mark.parametrize(
    ("name", "value", "vessel"),
    [
        ("vessel", "41801008", True),
        ("tree", "41801008", True),
        ("stenosis", "415582006", False),
        ("Stenoses", "415582006", False),
        ("catheter", "19923001", False),
        ("1", "91083009", True),
        ("9a", "91750005", True),
        ("12a", "91754001", True),
        ("14b", "57823005", True),
        ("16c", "91763004", True),
    ],
)
def test_known_names_have_their_code(name, value, vessel):
    codes = class_codes(name)
    assert codes.kind[:2] == (value, "SCT") and codes.is_vessel is vessel


def test_every_syntax_segment_has_a_code_of_its_own_or_of_its_parent():
    assert all(class_codes(name).kind[0] != "41801008" for name in SEGMENTS)


def test_codes_are_those_of_the_standard():
    """pydicom carries the tables of PS3.16."""
    dictionary = pytest.importorskip("pydicom.sr._snomed_dict", reason="pip install monai_ext[dicom]").mapping["SCT"]
    for name in (*SEGMENTS, "vessel", "stenosis", "catheter"):
        for value, scheme, _ in class_codes(name):
            assert scheme == "SCT" and value in dictionary, name

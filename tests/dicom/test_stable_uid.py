# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.dicom.stable_uid import stable_uid

pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")


def test_equal_words_give_equal_uids_and_others_do_not():
    assert stable_uid("a", "b") == stable_uid("a", "b")
    assert len({stable_uid("a", "b"), stable_uid("b", "a"), stable_uid("ab"), stable_uid("a", "b", "")}) == 4


def test_it_is_a_valid_uid_that_stays_the_same_for_ever():
    """Golden: made when the rule was made; another value would store every result of old a second time."""
    assert stable_uid("seg", "1.2.3").is_valid
    assert stable_uid("seg", "1.2.3") == "1.2.826.0.1.3680043.8.498.14330726388017110989941624070180628449"

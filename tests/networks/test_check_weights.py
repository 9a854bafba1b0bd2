# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.networks import check_weights


def test_equal_names_and_shapes_pass():
    check_weights({"a": torch.zeros(2, 3)}, {"a": torch.ones(2, 3)}, of="net")


def test_every_kind_of_difference_is_listed():
    expected = {"a": torch.zeros(2, 3), "b": torch.zeros(1), "c": torch.tensor(0)}
    given = {"a": torch.zeros(3, 2), "c": torch.zeros(1), "d": torch.zeros(1)}
    with pytest.raises(ValueError) as caught:
        check_weights(expected, given, of="net")
    assert str(caught.value).splitlines() == [
        "weights must fit the net tensor by tensor, got 3 for 3:",
        "  1 missing: b",
        "  2 of another shape: a (expected 2x3, got 3x2), c (expected scalar, got 1)",
        "  1 unexpected: d",
    ]


def test_long_lists_are_cut():
    with pytest.raises(ValueError, match=r"100 missing: 0, 1, .* and 88 more"):
        check_weights({str(i): torch.zeros(1) for i in range(100)}, {}, of="net")

# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from monai_ext.transforms import LogitsToMask, LogitsToMaskd


def logits_of(*rows: str) -> torch.Tensor:
    """One channel a class, 3 for the class whose number stands at the pixel, else -3; '.' is background."""
    classes = torch.tensor([[0 if sign == "." else int(sign) for sign in row] for row in rows])
    one_hot = torch.nn.functional.one_hot(classes, 3).permute(2, 0, 1)
    return one_hot * 6.0 - 3.0


SCENE = (
    "1...22",
    ".1..22",
    "......",
    "2..1..",
    "..11.1",
)


@pytest.mark.parametrize(("threshold", "expected"), [(0.5, [0, 0, 1, 1]), (0.2, [0, 1, 1, 1]), (0.9, [0, 0, 0, 1])])
def test_one_channel_is_compared_with_the_threshold(threshold, expected):
    logits = torch.tensor([[[-3.0, math.log(0.3 / 0.7), math.log(0.8 / 0.2), 3.0]]])
    mask = LogitsToMask(threshold)(logits)
    assert mask.dtype == torch.uint8 and mask.tolist() == [[expected]]


def test_a_probability_at_the_threshold_is_background():
    assert LogitsToMask(0.5)(torch.zeros(1, 2, 2)).sum() == 0


def test_of_more_channels_the_largest_wins_whatever_the_threshold():
    mask = LogitsToMask(0.99)(torch.tensor([[[0.0, -1.0]], [[-0.1, -3.0]], [[-2.0, -0.5]]]))
    assert mask.tolist() == [[[0, 2]]]


def test_small_components_of_each_class_go():
    """Diagonal neighbours hang together: the 1s at the left are two pixels, those below three; the lone 1 is nobody's neighbour."""
    masks = {area: LogitsToMask(min_area=area)(logits_of(*SCENE))[0] for area in (0, 2, 3, 4, 5)}
    counts = {area: [int((mask == number).sum()) for number in (1, 2)] for area, mask in masks.items()}
    assert counts == {0: [6, 5], 2: [5, 4], 3: [3, 4], 4: [0, 4], 5: [0, 0]}
    assert masks[3][4, 2:4].tolist() == [1, 1] and masks[2][3, 0] == 0


def test_touching_classes_are_judged_apart():
    mask = LogitsToMask(min_area=2)(logits_of("111", "121", "111"))
    assert mask[0].tolist() == [[1, 1, 1], [1, 0, 1], [1, 1, 1]]


def test_the_mask_is_of_the_logits_kind():
    logits = logits_of(*SCENE)
    array = LogitsToMask(min_area=2)(logits.numpy())
    assert isinstance(array, np.ndarray) and array.dtype == np.uint8
    tracked = LogitsToMask()(MetaTensor(logits, meta={"filename_or_obj": "a.png"}))
    assert isinstance(tracked, MetaTensor) and tracked.meta["filename_or_obj"] == "a.png"
    assert torch.equal(LogitsToMask()(logits.bfloat16()), LogitsToMask()(logits))


def test_the_logits_stay_as_they_are(global_rng_untouched):
    logits = logits_of(*SCENE)
    before = logits.clone()
    LogitsToMask(min_area=9)(logits)
    assert torch.equal(logits, before)


def test_the_dictionary_version_replaces_logits():
    data = {"pred": logits_of(*SCENE), "image": 1}
    result = LogitsToMaskd("pred", 0.3, 3)(data)
    assert torch.equal(result["pred"], LogitsToMask(0.3, 3)(data["pred"])) and result["image"] == 1
    assert data["pred"].shape == (3, 5, 6)
    with pytest.raises(KeyError):
        LogitsToMaskd("pred")({})
    assert LogitsToMaskd("pred", allow_missing_keys=True)({}) == {}


@pytest.mark.parametrize("threshold", [0, 1, 1.5, float("nan"), "null"])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(
        ValueError, match=rf"threshold must lie between 0 and 1, got {threshold!r}; it is a probability"
    ):
        LogitsToMask(threshold)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="min_area must be 0 or a number of pixels, got -1"):
        LogitsToMask(min_area=-1)
    with pytest.raises(
        ValueError, match=r"logits must be \(channels, height, width\), got \(1, 1, 4, 4\); take one image"
    ):
        LogitsToMask()(torch.zeros(1, 1, 4, 4))

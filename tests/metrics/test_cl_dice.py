# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
from monai.metrics import DiceMetric

from monai_ext.metrics import ClDiceMetric


def lines() -> tuple[torch.Tensor, torch.Tensor]:
    """Two images, two classes, of 9x13 pixels. clDice: [1, 8/9], [nan, 0]."""
    y = torch.zeros(2, 2, 9, 13)
    y[0, 0, 2, 1:11] = 1
    y[0, 1, 5, 1:11] = 1
    y[1, 1, 5, 1:11] = 1
    y_pred = y.clone()
    y_pred[0, 1, 5, 5:7] = 0  # 8 of 10 pixels: 2 * 1 * 0.8 / 1.8
    y_pred[1, 1] = 0
    return y_pred, y


EXPECTED = torch.tensor([[1, 8 / 9], [torch.nan, 0]])


@pytest.mark.parametrize("kind", [torch.float32, torch.uint8, torch.bool])
def test_values_by_image_and_class(kind):
    y_pred, y = (tensor.to(kind) for tensor in lines())
    assert torch.allclose(ClDiceMetric()(y_pred, y), EXPECTED, equal_nan=True)


def test_a_list_of_images_of_different_sizes_is_measured_too():
    y_pred, y = lines()
    wide = [torch.nn.functional.pad(tensor[1], (0, 4, 3, 0)) for tensor in (y_pred, y)]
    metric = ClDiceMetric(reduction="none")
    metric([y_pred[0], wide[0]], [y[0], wide[1]])
    assert torch.allclose(metric.aggregate(), EXPECTED, equal_nan=True)


@pytest.mark.parametrize(
    ("reduction", "expected", "count"),
    [
        ("none", EXPECTED.tolist(), [[1, 1], [0, 1]]),
        ("mean", (17 / 18 + 0) / 2, 2),
        ("mean_batch", [1, 4 / 9], [1, 2]),
        ("sum", 17 / 9, 3),
        ("mean_channel", [17 / 18, 0], [2, 1]),
    ],
)
def test_reductions(reduction, expected, count):
    metric = ClDiceMetric(reduction=reduction, get_not_nans=True)
    metric(*lines())
    value, not_nans = metric.aggregate()
    assert torch.allclose(value, torch.tensor(expected), equal_nan=True)
    assert not_nans.tolist() == count


def test_batches_add_up_and_reset_forgets_them():
    metric = ClDiceMetric(reduction="sum")
    metric(*lines())
    metric(*lines())
    assert metric.aggregate().item() == pytest.approx(34 / 9)
    assert metric.aggregate("mean_batch").tolist() == pytest.approx([1, 4 / 9])
    metric.reset()
    with pytest.raises(ValueError, match="at least one image must be measured before aggregate, got none"):
        metric.aggregate()


def test_background_is_left_out_on_request_as_by_monai():
    y_pred, y = lines()
    assert torch.allclose(ClDiceMetric(include_background=False)(y_pred, y), EXPECTED[:, 1:])
    one_channel = y_pred[:1, :1], y[:1, :1]
    assert torch.equal(ClDiceMetric(include_background=False)(*one_channel), torch.tensor([[1.0]]))
    assert torch.equal(DiceMetric(include_background=False)(*one_channel), torch.tensor([[1.0]]))


@pytest.mark.parametrize("shape", [(2, 9, 13), (2, 2, 9, 12), (2, 2, 9, 13, 1)])
def test_bad_shapes_are_named(shape):
    with pytest.raises(ValueError, match=r"must be \(batch, classes, height, width\), both alike, got"):
        ClDiceMetric()(torch.zeros(shape), lines()[1])


def test_probabilities_are_refused():
    y_pred, y = lines()
    with pytest.raises(ValueError, match=r"y_pred must hold 0 and 1 only, got values from 0 to 0\.7"):
        ClDiceMetric()(0.7 * y_pred, y)
    with pytest.raises(ValueError, match="y must hold 0 and 1 only, got values from 0 to 255"):
        ClDiceMetric()(y_pred, 255 * y)

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch

from monai_ext.engines import PrepareBoxes

MEAN, STD = 0.45, 0.18


def batch(size: tuple[int, int] = (64, 64)) -> dict[str, torch.Tensor]:
    """A bright square in the middle of the first image, with its outline; nothing in the second."""
    image = torch.zeros(2, 1, *size, dtype=torch.uint8)
    height, width = size
    top, left = height // 2 - 6, width // 2 - 10
    image[0, 0, top : top + 12, left : left + 20] = 255
    corners = [[left, top], [left + 20, top], [left + 20, top + 12], [left, top + 12]]
    outlines = torch.full((2, 2, 4, 2), float("nan"))
    outlines[0, 0] = torch.tensor(corners)
    return {"image": image, "outlines": outlines, "index": torch.arange(2)}


@pytest.mark.parametrize("size", [(64, 64), (61, 87)])
def test_images_to_judge_are_standardised_and_boxes_stay(size):
    image, targets, (handed,), rest = PrepareBoxes(mean=MEAN, std=STD, augment=False)(batch(size), "cpu")
    top, left = size[0] // 2 - 6, size[1] // 2 - 10
    assert targets[0]["boxes"].tolist() == [[left, top, left + 20, top + 12]]
    assert targets[1]["boxes"].shape == (0, 4)
    assert [target["labels"].tolist() for target in targets] == [[0], []]
    assert handed is targets and rest == {}
    assert image.shape == (2, 1, *size)
    assert torch.allclose(image.amax(), torch.tensor((1 - MEAN) / STD))


@pytest.mark.parametrize("size", [(96, 96), (81, 127)])
def test_boxes_follow_what_the_augmented_image_shows(size):
    prepare = PrepareBoxes(mean=MEAN, std=STD, seed=1)
    for epoch in range(5):
        image, targets, *_ = prepare(batch(size), "cpu", epoch=epoch)
        bright = (image[0, 0] - image[0, 0].amin()) > 0.5 * (image[0, 0].amax() - image[0, 0].amin())
        rows, columns = torch.where(bright)
        seen = torch.tensor([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        assert (targets[0]["boxes"][0] - seen).abs().max() < 2


def test_draws_come_from_the_seed_the_epoch_and_the_image():
    def boxes(epoch=1, index=0, **arguments):
        given = batch() | {"index": torch.tensor([index, 9])}
        return PrepareBoxes(mean=MEAN, std=STD, **arguments)(given, "cpu", epoch=epoch)[1][0]["boxes"]

    assert torch.equal(boxes(seed=4), boxes(seed=4))
    for other in ({"seed": 5}, {"seed": 4, "epoch": 2}, {"seed": 4, "index": 1}):
        assert not torch.equal(boxes(seed=4), boxes(**other))


def test_global_generator_is_left_alone():
    state = torch.get_rng_state()
    PrepareBoxes(mean=MEAN, std=STD)(batch(), "cpu")
    assert torch.equal(torch.get_rng_state(), state)


def test_lesion_that_is_moved_out_does_not_count():
    sample = batch()
    sample["outlines"][0, 0] -= torch.tensor([20.0, 0.0])  # from column 2 on
    prepare = PrepareBoxes(mean=MEAN, std=STD, rotation=0, scale=(1, 1), shift=0.5, seed=0)
    counts, widths = set(), []
    for epoch in range(40):
        boxes = prepare(sample, "cpu", epoch=epoch)[1][0]["boxes"]
        counts.add(len(boxes))
        widths += (boxes[:, 2] - boxes[:, 0]).tolist()
    assert counts == {0, 1}
    assert 8 <= min(widths) < 19 and max(widths) == pytest.approx(20, abs=1e-3)


def test_no_image_has_a_lesion():
    sample = batch()
    _, targets, *_ = PrepareBoxes(mean=MEAN, std=STD)({**sample, "outlines": sample["outlines"][:, :0]}, "cpu")
    assert [target["boxes"].shape for target in targets] == [(0, 4), (0, 4)]


def test_bad_arguments():
    with pytest.raises(ValueError, match="std must be positive, got 0"):
        PrepareBoxes(mean=0, std=0)
    with pytest.raises(ValueError, match=r"scale must be positive, got \(0, 1\)"):
        PrepareBoxes(mean=0, std=1, scale=(0, 1))


def test_half_precision_around_it_changes_nothing():
    """Fractions of a pixel do not fit into bfloat16."""
    given = batch()
    with torch.autocast("cpu", torch.bfloat16):
        half = PrepareBoxes(mean=MEAN, std=STD)(given, "cpu", epoch=1)
    single = PrepareBoxes(mean=MEAN, std=STD)(given, "cpu", epoch=1)
    assert torch.equal(half[0], single[0]) and torch.equal(half[1][0]["boxes"], single[1][0]["boxes"])

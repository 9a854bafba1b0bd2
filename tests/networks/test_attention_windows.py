# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch
from torch import nn

from monai_ext.networks import AttentionWindows, transformer_stack, vit_encoder


@pytest.fixture(scope="module")
def block() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return transformer_stack(8, 1, 2).eval()


@pytest.mark.parametrize(("rows", "columns", "side"), [(6, 6, 3), (7, 5, 3), (4, 9, 4), (1, 10, 4), (13, 2, 5)])
def test_every_patch_is_in_a_window_and_found_again(rows, columns, side):
    windows = AttentionWindows(rows, columns, side)
    assert windows.patches.shape[1] == min(side, rows) * min(side, columns)
    assert torch.equal(windows.patches.flatten()[windows.place], torch.arange(rows * columns))


def test_windows_that_tile_do_not_overlap():
    assert AttentionWindows(6, 9, 3).patches.shape == (6, 9)
    assert AttentionWindows(6, 9, 3).patches[1].tolist() == [3, 4, 5, 12, 13, 14, 21, 22, 23]


def test_windows_that_do_not_tile_lie_evenly():
    assert AttentionWindows(1, 10, 4).patches.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]


def test_patch_of_several_windows_is_taken_from_the_last():
    """Against the same written out as a loop over windows."""
    for rows, columns, side in [(7, 5, 3), (13, 2, 5), (9, 17, 4), (3, 11, 7)]:
        windows = AttentionWindows(rows, columns, side)
        place = torch.empty(rows * columns, dtype=torch.int64)
        for number, window in enumerate(windows.patches):
            place[window] = number * len(window) + torch.arange(len(window))
        assert torch.equal(windows.place, place)


@torch.no_grad()
def test_window_that_covers_the_image_is_attention_as_usual(block):
    tokens = torch.randn(2, 1 + 12, 8)
    for side in (4, 20):
        assert torch.equal(AttentionWindows(3, 4, side)(block, tokens), block(tokens))


@torch.no_grad()
def test_patch_sees_its_window_and_no_other(block):
    windows, tokens = AttentionWindows(4, 8, 4), torch.randn(1, 1 + 32, 8)
    changed = tokens.clone()
    changed[0, 1, 0] += 1  # a patch of the left window
    same = torch.isclose(windows(block, tokens), windows(block, changed)).all(-1)[0]
    left = torch.arange(32) % 8 < 4
    assert not same[0] and not same[1:][left].any() and same[1:][~left].all()


@torch.no_grad()
def test_class_token_is_the_mean_of_what_the_windows_make_of_it(block):
    tokens = torch.randn(1, 1 + 8, 8)
    halves = [block(torch.cat([tokens[:, :1], half], dim=1))[:, 0] for half in (tokens[:, 1:5], tokens[:, 5:])]
    assert torch.allclose(
        AttentionWindows(2, 4, 2)(block, tokens[:, [0, 1, 2, 5, 6, 3, 4, 7, 8]])[:, 0], (halves[0] + halves[1]) / 2
    )


def test_gradient_flows_through_overlapping_windows(block):
    tokens = torch.randn(2, 1 + 35, 8, requires_grad=True)
    AttentionWindows(5, 7, 3)(block, tokens).square().sum().backward()
    assert tokens.grad.abs().sum(-1).gt(0).all()


@pytest.mark.parametrize("size", [(48, 48), (64, 32)])
@torch.no_grad()
def test_encoder_with_a_wide_window_is_the_plain_encoder(size):
    plain, windowed = (vit_encoder("tiny", num_layers=4, window=window, seed=0).eval() for window in (None, 4))
    image = torch.randn(1, 1, *size)
    assert torch.equal(plain(image), windowed(image))


@torch.no_grad()
def test_encoder_with_windows_keeps_weights_and_shape_and_still_sees_everything():
    plain, windowed = (vit_encoder("tiny", num_layers=4, window=window, seed=0).eval() for window in (None, 2))
    assert plain.state_dict().keys() == windowed.state_dict().keys()
    eight = vit_encoder("tiny", num_layers=8, window=2, seed=0).eval()
    assert eight.global_blocks == {2, 4, 6, 8}
    image = torch.randn(1, 1, 80, 112)
    features = eight(image)
    assert features.shape == (1, 192, 5, 7)
    changed = image.clone()
    changed[..., :16, :16] += 1
    assert ((eight(changed) - features).abs().amax(1) > 0).all()  # by the global blocks
    eight.window = None
    assert not torch.allclose(eight(image), features, atol=1e-3)


def test_bad_sides():
    with pytest.raises(ValueError, match="side must be at least 1 patch, got 0"):
        AttentionWindows(2, 2, 0)
    with pytest.raises(ValueError, match="window must be at least 1 patch, got 0"):
        vit_encoder("tiny", num_layers=4, window=0)

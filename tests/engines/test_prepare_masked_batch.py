# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch
from torch import nn

from monai_ext.engines import PrepareFrames, PrepareMaskedBatch


def batch() -> dict:
    image = torch.full((6, 1, 32, 32), 200, dtype=torch.uint8)
    image[..., 8:16] = 50
    packed = torch.from_numpy(np.packbits((image < 128).numpy(), axis=-1))
    return {"image": image, "vessels": packed, "extent": torch.tensor([[32, 32]] * 6), "index": torch.arange(6)}


def whole(**knobs) -> PrepareMaskedBatch:
    return PrepareMaskedBatch(PrepareFrames(image_size=32, mean=0.5, std=0.25, augment=False), patch_size=8, **knobs)


def constant_segmentor(logit: float) -> nn.Module:
    segmentor = nn.Conv2d(1, 1, 1)
    nn.init.zeros_(segmentor.weight)
    nn.init.constant_(segmentor.bias, logit)
    return segmentor


def test_shapes_types_and_counts():
    image, targets, arguments, keywords = whole(mask_ratio=0.6, segmentor=constant_segmentor(0.0))(batch(), "cpu")
    assert image.shape == targets["vessels"].shape == targets["guidance"].shape == targets["probability"].shape
    hidden, n_hidden = arguments
    assert hidden is targets["hidden"] and hidden.shape == (6, 16) and hidden.dtype == torch.bool
    assert n_hidden == 9 and (hidden.sum(dim=1) == 9).all() and keywords == {}


def test_guidance_is_the_equation():
    """G = eta B + (1 - eta) sigmoid S with S = 0: 0.3 B + 0.7 / 2."""
    _, targets, _, _ = whole(eta=0.3, segmentor=constant_segmentor(0.0))(batch(), "cpu")
    assert torch.allclose(targets["guidance"], 0.3 * targets["vessels"].float() + 0.35)


def test_segmentor_answers_once_a_batch():
    segmentor, calls = constant_segmentor(0.0), []
    segmentor.register_forward_hook(lambda *_: calls.append(1))
    whole(guided_share=0.5, segmentor=segmentor)(batch(), "cpu")
    assert len(calls) == 1


def test_a_share_that_a_later_epoch_would_reach_is_checked_now():
    with pytest.raises(ValueError, match=r"guided_share_end must lie in \[0, 1\], got 3"):
        whole(guided_share_end=3.0, eta=1.0)
    with pytest.raises(ValueError, match="needs a segmentor, got none"):
        whole(guided_share_end=0.5)


def test_eta_one_guides_by_the_map_alone():
    """With eta 1 and share 1 the four patches of the vessel stripe are hidden first."""
    prepare = whole(mask_ratio=0.25, guided_share=1.0, eta=1.0)
    _, targets, _, _ = prepare(batch(), "cpu")
    assert "probability" not in targets
    assert torch.equal(targets["hidden"].view(6, 4, 4)[:, :, 1], torch.ones(6, 4, dtype=torch.bool))


def test_a_larger_share_hides_more_vessel(global_rng_untouched):
    def hidden_vessel(share):
        prepare = whole(guided_share=share, eta=1.0)
        return (
            torch.stack([prepare(batch(), "cpu", epoch=e)[1]["hidden"].view(6, 4, 4)[:, :, 1] for e in range(50)])
            .float()
            .mean()
        )

    assert hidden_vessel(0.0) < hidden_vessel(0.2) < hidden_vessel(0.4) < hidden_vessel(1.0) == 1


def test_masks_of_an_image_do_not_depend_on_its_batch_and_change_with_the_epoch():
    prepare = PrepareMaskedBatch(
        PrepareFrames(image_size=32, mean=0.5, std=0.25, seed=2), patch_size=8, guided_share=0.5, eta=1.0
    )
    hidden = prepare(batch(), "cpu", epoch=1)[1]["hidden"]
    alone = [prepare({k: v[i : i + 1] for k, v in batch().items()}, "cpu", epoch=1)[1]["hidden"] for i in range(6)]
    assert torch.equal(torch.cat(alone), hidden)
    assert not torch.equal(prepare(batch(), "cpu", epoch=2)[1]["hidden"], hidden)


def test_compiled_it_is_the_same_and_a_larger_share_does_not_compile_anew():
    prepare = PrepareMaskedBatch(
        PrepareFrames(image_size=32, mean=0.5, std=0.25), patch_size=8, segmentor=nn.Conv2d(1, 1, 3, padding=1)
    )
    expected = {}
    for prepare.guided_share in (0.0, 0.5, 1.0):
        expected[prepare.guided_share] = prepare(batch(), "cpu", epoch=1)[1]
    torch._dynamo.reset()
    prepare.compile(fullgraph=True, dynamic=False, backend="aot_eager")
    with torch._dynamo.config.patch(error_on_recompile=True):
        for prepare.guided_share, targets in expected.items():
            ours = prepare(batch(), "cpu", epoch=1)[1]
            torch.testing.assert_close(ours["image"], targets["image"], atol=1e-4, rtol=0)
            assert torch.equal(ours["hidden"], targets["hidden"])


def test_segmentor_is_frozen_and_sees_the_image_that_the_network_sees():
    segmentor = nn.Conv2d(1, 1, 3, padding=1)
    prepare = whole(segmentor=segmentor.train())
    image, targets, _, _ = prepare(batch(), "cpu")
    assert torch.allclose(targets["probability"], segmentor(image).sigmoid())
    assert not segmentor.training and not any(p.requires_grad for p in segmentor.parameters())
    assert not targets["probability"].requires_grad


def test_bad_knobs_are_refused():
    with pytest.raises(ValueError, match=r"eta must lie in \[0, 1\], got 2"):
        whole(eta=2)
    with pytest.raises(ValueError, match="mask_ratio must lie between 0 and 1"):
        whole(mask_ratio=1.0)
    with pytest.raises(ValueError, match="multiple of patch_size, got 30x30 and 8"):
        PrepareMaskedBatch(PrepareFrames(image_size=30, mean=0, std=1), patch_size=8)
    with pytest.raises(ValueError, match=r"eta 0.5 needs a segmentor, got none"):
        whole(guided_share=0.5)(batch(), "cpu")

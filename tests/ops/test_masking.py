# SPDX-License-Identifier: Apache-2.0
import math

import pytest
import torch

from monai_ext.ops import guided_mask, hidden_count, patch_distribution, random_mask


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("patches", [7, 196, 256])
@pytest.mark.parametrize("mask_ratio", [0.3, 0.5, 0.75])
@pytest.mark.parametrize("guided_share", [0.0, 0.33, 1.0])
def test_exactly_the_rounded_down_number_is_hidden_in_each_image(patches, mask_ratio, guided_share):
    guidance = torch.rand(9, patches, generator=generator())
    hidden = guided_mask(guidance, mask_ratio=mask_ratio, guided_share=guided_share, generator=generator())
    assert hidden.dtype == torch.bool and hidden.shape == (9, patches)
    assert (hidden.sum(dim=1) == math.floor(mask_ratio * patches)).all()


def test_share_one_hides_where_the_guidance_is():
    guidance = torch.zeros(4, 20)
    guidance[:, :10] = 1
    hidden = guided_mask(guidance, mask_ratio=0.5, guided_share=1.0, generator=generator())
    assert torch.equal(hidden, guidance.bool())


def test_fewer_positive_patches_than_asked_are_all_hidden_and_the_rest_is_uniform():
    guidance = torch.zeros(4000, 10)
    guidance[:, 3] = 1e-30
    hidden = guided_mask(guidance, mask_ratio=0.5, guided_share=1.0, generator=generator())
    assert hidden[:, 3].all()
    others = hidden.float().mean(dim=0)[[0, 1, 2, 4, 5, 6, 7, 8, 9]]
    assert torch.allclose(others, torch.full((9,), 4 / 9), atol=5 * math.sqrt(0.25 / 4000))


@pytest.mark.parametrize("guided_share", [0.0, 0.5, 1.0])
def test_no_guidance_at_all_hides_uniformly(guided_share):
    hidden = guided_mask(torch.zeros(8000, 8), mask_ratio=0.5, guided_share=guided_share, generator=generator())
    assert torch.allclose(hidden.float().mean(dim=0), torch.full((8,), 0.5), atol=5 * math.sqrt(0.25 / 8000))


def test_guided_share_zero_equals_random_mask():
    guidance = torch.rand(5, 49, generator=generator(3))
    guided = guided_mask(guidance, mask_ratio=0.6, guided_share=0.0, generator=generator(7))
    assert torch.equal(guided, random_mask(5, 49, mask_ratio=0.6, generator=generator(7)))


def test_sampling_law_is_that_of_multinomial_without_replacement():
    """How often each pair of patches is hidden, against torch.multinomial: a chi-square test over all 21 pairs."""
    shares = torch.tensor([0.4, 0.25, 0.15, 0.1, 0.06, 0.03, 0.01])
    draws, weights = 40_000, 2 ** torch.arange(7)
    hidden = guided_mask(shares.repeat(draws, 1), mask_ratio=0.3, guided_share=1.0, generator=generator(1))
    drawn = torch.multinomial(shares.repeat(draws, 1), 2, replacement=False, generator=generator(2))
    reference = torch.zeros(draws, 7, dtype=torch.bool).scatter_(1, drawn, True)
    ours, theirs = (torch.bincount((m * weights).sum(dim=1), minlength=128).double() for m in (hidden, reference))
    seen = ours + theirs > 0
    chi_square = ((ours - theirs)[seen] ** 2 / (ours + theirs)[seen]).sum().item()
    assert int(seen.sum()) >= 20
    assert chi_square < 45.3  # 99.9 % quantile of chi-square with 20 degrees of freedom


def test_sampling_law_matches_the_closed_form_for_two_draws():
    """P(i hidden) = f_i + sum over j of f_j f_i / (1 - f_j): successive sampling of two patches."""
    f = torch.tensor([0.5, 0.3, 0.15, 0.05])
    expected = f + f * ((f / (1 - f)).sum() - f / (1 - f))
    hidden = guided_mask(f.repeat(50_000, 1), mask_ratio=0.5, guided_share=1.0, generator=generator())
    assert torch.allclose(hidden.float().mean(dim=0), expected, atol=5 * math.sqrt(0.25 / 50_000))


def test_same_generator_gives_same_mask_and_scale_of_guidance_does_not_matter(global_rng_untouched):
    guidance = torch.rand(6, 36, generator=generator(5))
    arguments = {"mask_ratio": 0.5, "guided_share": 0.5}
    first = guided_mask(guidance, generator=generator(9), **arguments)
    assert torch.equal(first, guided_mask(guidance, generator=generator(9), **arguments))
    assert torch.equal(first, guided_mask(guidance * 1024, generator=generator(9), **arguments))
    assert not torch.equal(first, guided_mask(guidance, generator=generator(10), **arguments))


def test_patch_distribution_known_value_and_empty_map():
    maps = torch.zeros(2, 1, 4, 6, dtype=torch.bool)
    maps[0, 0, 0, :3] = True  # two pixels in patch 0, one in patch 1
    f = patch_distribution(maps, 2)
    assert f[0].tolist() == pytest.approx([2 / 3, 1 / 3, 0, 0, 0, 0])
    assert (f[1] == 0).all()


def test_patch_distribution_sums_to_one_in_both_precisions():
    guidance = torch.rand(3, 1, 28, 42, generator=generator(), dtype=torch.float64)
    f = patch_distribution(guidance, 14)
    assert f.dtype == torch.float64 and f.shape == (3, 6)
    assert torch.allclose(f.sum(dim=1), torch.ones(3, dtype=torch.float64))
    assert torch.allclose(patch_distribution(guidance.float(), 14).double(), f, atol=1e-6)


@pytest.mark.parametrize("mask_ratio", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_mask_ratio_outside_its_range_is_refused(mask_ratio):
    with pytest.raises(ValueError, match="mask_ratio must lie between 0 and 1"):
        guided_mask(torch.ones(1, 4), mask_ratio=mask_ratio, guided_share=0.5, generator=generator())


def test_other_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"guided_share must lie in \[0, 1\], got 1.2"):
        guided_mask(torch.ones(1, 4), mask_ratio=0.5, guided_share=1.2, generator=generator())
    with pytest.raises(ValueError, match=r"shape \(batch, patches\), got \(4,\)"):
        guided_mask(torch.ones(4), mask_ratio=0.5, guided_share=0.5, generator=generator())
    with pytest.raises(ValueError, match="guidance must be >= 0 and defined"):
        guided_mask(torch.tensor([[1.0, -1.0]]), mask_ratio=0.5, guided_share=0.5, generator=generator())
    with pytest.raises(ValueError, match="guidance must be >= 0 and defined"):
        guided_mask(torch.tensor([[1.0, float("nan")]]), mask_ratio=0.5, guided_share=0.5, generator=generator())
    with pytest.raises(ValueError, match="hides none"):
        hidden_count(3, 0.2)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_guided_mask_does_not_wait_for_the_device():
    cuda = torch.Generator("cuda").manual_seed(0)
    guidance = torch.rand(256, 196, generator=cuda, device="cuda")
    torch.cuda.set_sync_debug_mode("error")
    try:
        hidden = guided_mask(guidance, mask_ratio=0.5, guided_share=0.5, generator=cuda)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert (hidden.sum(dim=1) == 98).all()

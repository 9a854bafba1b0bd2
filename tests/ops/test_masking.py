# SPDX-License-Identifier: Apache-2.0
import math

import pytest
import torch

from monai_ext.ops import ImageDraws, guided_count, guided_mask, hidden_count, patch_distribution, random_mask


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def hide(guidance: torch.Tensor, mask_ratio: float = 0.5, guided_share: float = 1.0, seed: int = 0) -> torch.Tensor:
    batch, patches = guidance.shape
    counts = hidden_count(patches, mask_ratio), guided_count(patches, mask_ratio, guided_share)
    return guided_mask(guidance, *counts, ImageDraws(seed, 0, torch.arange(batch)))


@pytest.mark.parametrize("patches", [7, 196, 256])
@pytest.mark.parametrize("mask_ratio", [0.3, 0.5, 0.75])
@pytest.mark.parametrize("guided_share", [0.0, 0.33, 1.0])
def test_exactly_the_rounded_down_number_is_hidden_in_each_image(patches, mask_ratio, guided_share):
    guidance = torch.rand(9, patches, generator=generator())
    hidden = hide(guidance, mask_ratio, guided_share)
    assert hidden.dtype == torch.bool and hidden.shape == (9, patches)
    assert (hidden.sum(dim=1) == math.floor(mask_ratio * patches)).all()


def test_share_one_hides_where_the_guidance_is():
    guidance = torch.zeros(4, 20)
    guidance[:, :10] = 1
    hidden = hide(guidance, 0.5, 1.0)
    assert torch.equal(hidden, guidance.bool())


def test_fewer_positive_patches_than_asked_are_all_hidden_and_the_rest_is_uniform():
    guidance = torch.zeros(4000, 10)
    guidance[:, 3] = 1e-30
    hidden = hide(guidance, 0.5, 1.0)
    assert hidden[:, 3].all()
    others = hidden.float().mean(dim=0)[[0, 1, 2, 4, 5, 6, 7, 8, 9]]
    assert torch.allclose(others, torch.full((9,), 4 / 9), atol=5 * math.sqrt(0.25 / 4000))


@pytest.mark.parametrize("guided_share", [0.0, 0.5, 1.0])
def test_no_guidance_at_all_hides_uniformly(guided_share):
    hidden = hide(torch.zeros(8000, 8), 0.5, guided_share)
    assert torch.allclose(hidden.float().mean(dim=0), torch.full((8,), 0.5), atol=5 * math.sqrt(0.25 / 8000))


def test_guided_share_zero_hides_as_many_as_a_random_mask_and_does_not_heed_the_guidance():
    guidance = torch.rand(5, 49, generator=generator(3))
    hidden, rule = hide(guidance, 0.6, 0.0), {"n_hidden": 29, "draws": ImageDraws(0, 0, torch.arange(5))}
    assert torch.equal(hidden.sum(dim=1), random_mask(49, **rule).sum(dim=1))
    assert not torch.equal(hidden, hide(guidance, 0.6, 0.5))
    assert torch.equal(hidden, hide(1 - guidance, 0.6, 0.0))


def test_sampling_law_is_that_of_multinomial_without_replacement():
    """How often each pair of patches is hidden, against torch.multinomial: a chi-square test over all 21 pairs."""
    shares = torch.tensor([0.4, 0.25, 0.15, 0.1, 0.06, 0.03, 0.01])
    draws, weights = 40_000, 2 ** torch.arange(7)
    hidden = hide(shares.repeat(draws, 1), 0.3, 1.0, seed=1)
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
    hidden = hide(f.repeat(50_000, 1), 0.5, 1.0)
    assert torch.allclose(hidden.float().mean(dim=0), expected, atol=5 * math.sqrt(0.25 / 50_000))


def test_draws_decide_and_scale_of_guidance_does_not_matter(global_rng_untouched):
    guidance = torch.rand(6, 36, generator=generator(5))
    first = hide(guidance, 0.5, 0.5)
    assert torch.equal(first, hide(guidance, 0.5, 0.5)) and torch.equal(first, hide(guidance * 1024, 0.5, 0.5))
    assert not torch.equal(first, hide(guidance, 0.5, 0.5, seed=10))


@pytest.mark.parametrize("n_guided", [0, 1, 5])
def test_a_number_that_is_a_tensor_gives_the_same_mask(n_guided):
    guidance = torch.rand(6, 36, generator=generator(5))
    given, told = (
        guided_mask(guidance, 18, n, ImageDraws(0, 0, torch.arange(6))) for n in (n_guided, torch.tensor(n_guided))
    )
    assert torch.equal(given, told)


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
        hidden_count(4, mask_ratio)


def test_other_bad_input_is_refused():
    draws = ImageDraws(0, 0, torch.arange(1))
    with pytest.raises(ValueError, match=r"guided_share must lie in \[0, 1\], got 1.2"):
        guided_count(4, 0.5, 1.2)
    with pytest.raises(ValueError, match="hides none"):
        hidden_count(3, 0.2)
    for n_hidden in (0, 4):
        with pytest.raises(ValueError, match=f"n_hidden must lie between 0 and the 4 patches, got {n_hidden}"):
            guided_mask(torch.ones(1, 4), n_hidden, 0, draws)
    with pytest.raises(ValueError, match=r"n_guided must lie in 0..n_hidden \(2\), got 3"):
        guided_mask(torch.ones(1, 4), 2, 3, draws)
    with pytest.raises(ValueError, match=r"shape \(batch, patches\), got \(4,\)"):
        guided_mask(torch.ones(4), 2, 1, draws)
    for wrong in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="guidance must be >= 0 and defined"):
            guided_mask(torch.tensor([[1.0, wrong]]), 1, 1, draws)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_guided_mask_does_not_wait_for_the_device():
    guidance, index = torch.rand(256, 196, device="cuda"), torch.arange(256, device="cuda")
    torch.cuda.set_sync_debug_mode("error")
    try:
        hidden = guided_mask(guidance, 98, 49, ImageDraws(0, 0, index))
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert (hidden.sum(dim=1) == 98).all()

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import tracemalloc
from itertools import chain, islice

import pytest
import torch
from torch.utils.data import DataLoader, DistributedSampler

from monai_ext.data.frame_sampler import FrameSampler


def samplers(images, ranks, *, epoch=1, **knobs):
    """Of all ranks."""
    made = [FrameSampler(range(images), ranks, rank, **knobs) for rank in range(ranks)]
    for sampler in made:
        sampler.set_epoch(epoch)
    return made


@pytest.mark.parametrize("images", [3, 10, 11, 12, 10_007])
@pytest.mark.parametrize("shuffle", [True, False])
def test_ranks_share_the_corpus_without_overlap_or_loss(images, shuffle, global_rng_untouched):
    shares = [list(sampler) for sampler in samplers(images, 3, shuffle=shuffle)]
    assert sorted(chain(*shares)) == list(range(images))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert [len(share) for share in shares] == [len(sampler) for sampler in samplers(images, 3)]


@pytest.mark.parametrize("images", [3, 10, 11, 12])
def test_drop_last_gives_all_ranks_the_same_number(images):
    made = samplers(images, 3, drop_last=True)
    shares = [list(sampler) for sampler in made]
    assert [len(share) for share in shares] == [len(sampler) for sampler in made] == [images // 3] * 3
    assert len(set(chain(*shares))) == images // 3 * 3


@pytest.mark.parametrize(("images", "ranks"), [(11, 3), (12, 3), (5, 1)])
def test_drop_last_is_the_order_of_torch(images, ranks):
    """Runs of before this sampler go on in the order that they began with."""
    for rank, sampler in enumerate(samplers(images, ranks, epoch=4, seed=7, drop_last=True)):
        theirs = DistributedSampler(range(images), ranks, rank, seed=7, drop_last=True)
        theirs.set_epoch(4)
        assert list(sampler) == list(theirs)


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_an_epoch_holds_the_same_groups_in_any_number_of_processes(ranks):
    """Of 22 images two steps of eight; each rank has its part of each."""
    shares = [list(sampler) for sampler in samplers(22, ranks, seed=3, drop_last=True, group=8)]
    alone = list(samplers(22, 1, seed=3)[0])
    for step in range(2):
        part = slice(step * 8 // ranks, (step + 1) * 8 // ranks)
        assert sorted(chain(*(share[part] for share in shares))) == sorted(alone[8 * step : 8 * (step + 1)])
    assert [len(share) for share in shares] == [16 // ranks] * ranks


@pytest.mark.parametrize("group", [0, 5, 24])
def test_a_group_that_cannot_be_shared_is_refused(group):
    with pytest.raises(
        ValueError, match=f"group must be a multiple of num_replicas .*, got {group}, 2 processes and 22 images"
    ):
        FrameSampler(range(22), 2, 0, drop_last=True, group=group)


def test_order_follows_from_seed_and_epoch():
    def order(seed, epoch):
        return list(samplers(100, 1, seed=seed, epoch=epoch)[0])

    assert order(3, 1) == order(3, 1)
    assert order(3, 1) != order(3, 2) and order(3, 1) != order(4, 1)
    assert list(samplers(5, 1, shuffle=False)[0]) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("samples", [0, 1, 4097, 9_999, 10_000])
def test_started_in_the_middle_it_gives_the_rest_once(samples):
    for sampler in samplers(20_000, 2, epoch=5, seed=1):
        whole = list(sampler)
        sampler.start(epoch=5, samples=samples)
        assert len(sampler) == 10_000
        assert list(sampler) == whole[samples:]
        assert list(sampler) == whole


def test_start_waits_for_its_epoch():
    (sampler,) = samplers(10, 1, epoch=2)
    sampler.start(epoch=3, samples=6)
    assert len(list(sampler)) == 10
    sampler.set_epoch(3)
    assert len(list(sampler)) == 4


@pytest.mark.parametrize("workers", [0, 1])
def test_a_data_loader_goes_on_with_the_same_batches(workers):
    def loader():
        (sampler,) = samplers(23, 1, epoch=2)
        return DataLoader(torch.arange(23), batch_size=4, sampler=sampler, num_workers=workers, drop_last=True)

    whole, rest = list(loader()), loader()
    rest.sampler.start(epoch=2, samples=8)
    assert torch.equal(torch.stack(list(rest)), torch.stack(whole[2:]))


def test_a_million_images_cost_a_few_bytes_each():
    (sampler,) = samplers(1_000_000, 1)
    tracemalloc.start()  # of Python's own objects: the permutation is torch's
    list(islice(sampler, 10_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6


def test_rank_and_number_of_processes_come_from_the_process_group():
    sampler = FrameSampler(range(4))
    assert (sampler.rank, sampler.num_replicas) == (0, 1)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"rank must lie in 0\.\.num_replicas - 1, got 3 of 3 processes"):
        FrameSampler(range(9), 3, 3)
    with pytest.raises(ValueError, match="must hold an image for every process, got 2 images and 3 processes"):
        FrameSampler(range(2), 3, 0)
    with pytest.raises(ValueError, match=r"samples must lie in 0\.\.5, the images of rank 1, got 6"):
        FrameSampler(range(10), 2, 1).start(epoch=1, samples=6)

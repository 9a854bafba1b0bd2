# SPDX-License-Identifier: Apache-2.0
import pickle

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from monai_ext.data import DeviceDataLoader


class Numbers(Dataset):
    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> dict:
        return {"image": torch.full((2, 3), float(index)), "name": str(index)}


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_on_a_cpu_it_is_torchs_loader(workers):
    ours = DeviceDataLoader(Numbers(), device="cpu", batch_size=4, num_workers=workers)
    theirs = DataLoader(Numbers(), batch_size=4, num_workers=workers)
    assert isinstance(ours, DataLoader) and len(ours) == 3 and ours.batch_size == 4 and not ours.pin_memory
    for _ in range(2):
        for mine, other in zip(ours, theirs, strict=True):
            assert torch.equal(mine["image"], other["image"]) and mine["name"] == other["name"]


def test_it_can_be_sent_to_another_process():
    assert len(pickle.loads(pickle.dumps(DeviceDataLoader(Numbers(), batch_size=4)))) == 3


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_batches_lie_on_the_gpu_in_order_and_are_not_overwritten_by_later_ones():
    loader = DeviceDataLoader(Numbers(), device="cuda", batch_size=4)
    torch.cuda.set_sync_debug_mode("error")
    try:
        kept = [batch["image"].mul(2) for batch in loader]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert [image[:, 0, 0].tolist() for image in kept] == [[0, 2, 4, 6], [8, 10, 12, 14], [16, 18]]
    assert all(image.is_cuda for image in kept)

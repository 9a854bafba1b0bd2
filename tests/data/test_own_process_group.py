# SPDX-License-Identifier: Apache-2.0
import os

import torch
from torch.utils.data import Dataset

from monai_ext.data.device_data_loader import DeviceDataLoader


class Group(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        return {"group": torch.tensor(os.getpgid(0)), "process": torch.tensor(os.getpid())}


def test_a_worker_of_a_loader_leads_a_group_of_its_own():
    (batch,) = DeviceDataLoader(Group(), num_workers=1)
    assert batch["group"] == batch["process"] and batch["group"] != os.getpgid(0)

# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.handlers.late_copy import LateCopy


def test_on_a_cpu_it_is_there_at_once_and_later_changes_do_not_count():
    tensor = torch.arange(3.0, requires_grad=True)
    late = LateCopy(tensor)
    with torch.no_grad():
        tensor.zero_()
    assert late.is_here and late.get().tolist() == [0, 1, 2] and not late.get().requires_grad


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_host_does_not_wait_for_it_until_it_asks():
    tensor = torch.arange(3.0, device="cuda")
    torch.cuda._sleep(200_000_000)
    torch.cuda.set_sync_debug_mode("error")
    try:
        late = LateCopy(tensor)
        here = late.is_here
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert not here and late.get().tolist() == [0, 1, 2] and late.is_here

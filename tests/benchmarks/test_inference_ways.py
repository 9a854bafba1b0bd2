# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
from inference_ways import WAYS, Case

from monai_ext.networks import vessel_segmenter


@pytest.fixture
def case() -> Case:
    image = torch.randn(1, 1, 64, 32, generator=torch.Generator().manual_seed(0))
    return Case(vessel_segmenter("unext", seed=0).eval(), [image])


@torch.no_grad()
def test_int8_of_torch_is_near_the_network_and_leaves_it_as_it_is(case):
    before = case.network(case.calibration[0])
    answer = WAYS["torch_int8"](case)(case.calibration[0])
    assert 0 < (answer - before).abs().max() < 0.1 * before.abs().max()
    assert torch.equal(WAYS["torch"](case)(case.calibration[0]), before)


@pytest.mark.parametrize("way", ["bf16", "bf16_compiled"])
def test_half_precision_says_that_it_is_for_a_gpu(case, way):
    with pytest.raises(ValueError, match="bf16 is for a GPU"):
        WAYS[way](case)


@pytest.mark.parametrize("way", ["onnx", "onnx_int8", "torch_int8"])
def test_what_is_for_cpus_says_so_elsewhere(case, way):
    case.network.to("meta")
    with pytest.raises(ValueError, match="for CPUs"):
        WAYS[way](case)

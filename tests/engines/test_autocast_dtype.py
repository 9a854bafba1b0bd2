# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.engines import autocast_dtype


def test_words_become_types():
    cuda = torch.device("cuda")
    assert autocast_dtype("bf16", cuda) is torch.bfloat16 and autocast_dtype("fp16", cuda) is torch.float16
    assert autocast_dtype("bf16", "cuda") is torch.bfloat16 and autocast_dtype("bf16", "cuda:1") is torch.bfloat16
    assert autocast_dtype("fp32", cuda) is None and autocast_dtype("fp32", torch.device("cpu")) is None


def test_bad_words_and_a_cpu_are_refused():
    with pytest.raises(ValueError, match="must be one of fp32, bf16, fp16, got 'float32'"):
        autocast_dtype("float32", torch.device("cuda"))
    with pytest.raises(ValueError, match="must be fp32 on a CPU, got 'bf16'"):
        autocast_dtype("bf16", torch.device("cpu"))
    with pytest.raises(ValueError, match="must be fp32 on a CPU, got 'fp16'"):
        autocast_dtype("fp16", "cpu")

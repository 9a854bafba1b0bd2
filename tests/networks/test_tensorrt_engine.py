# SPDX-License-Identifier: Apache-2.0
import sys
from importlib.util import find_spec

import pytest
import torch
from torch import nn

from monai_ext.networks import compile_tensorrt


def test_without_tensorrt_it_is_one_clear_error_and_no_silent_torch(monkeypatch):
    for name in ("tensorrt", "polygraphy"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        ImportError, match=r"TensorRT needs tensorrt, polygraphy(, onnx.*)?, not installed; pip install"
    ):
        compile_tensorrt(nn.Conv2d(1, 1, 1), "model.pt")


@pytest.mark.gpu
def test_the_engine_answers_as_torch(tmp_path):
    if not torch.cuda.is_available() or not find_spec("tensorrt") or not find_spec("polygraphy"):
        pytest.skip("needs a CUDA device, tensorrt and polygraphy")
    from monai_ext.networks import vessel_segmenter

    network = vessel_segmenter("tiny", seed=0).cuda().eval()
    image = torch.randn(1, 1, 224, 224, generator=torch.Generator().manual_seed(0)).cuda()
    with torch.no_grad():
        expected = network(image)
        answer = compile_tensorrt(network, tmp_path / "model.pt", precision="fp32")(image)
    assert (answer - expected).abs().max() < 1e-2 * expected.std()
    assert (tmp_path / "model.pt.plan").is_file()

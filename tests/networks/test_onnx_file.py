# SPDX-License-Identifier: Apache-2.0
import sys

import numpy as np
import pytest
import torch
from torch import nn

from monai_ext.networks import NamedOutputs, VesselSegmenter, ViTEncoder, ViTRetinaNet, export_onnx, vessel_segmenter

SIZES = [(1, 224, 224), (4, 224, 224), (1, 512, 512), (4, 512, 384), (1, 512, 384), (2, 16, 48)]


def largest_difference(path, network, sizes, channels: int = 1) -> float:
    """Between ONNX Runtime and torch, of all outputs."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    generator, differences = torch.Generator().manual_seed(0), []
    for batch, height, width in sizes:
        image = torch.randn(batch, channels, height, width, generator=generator)
        with torch.no_grad():
            expected = NamedOutputs(network)(image)
        expected = [expected] if isinstance(expected, torch.Tensor) else expected
        for wanted, answer in zip(expected, session.run(None, {"image": image.numpy()}), strict=True):
            assert answer.shape == wanted.shape and answer.dtype == np.float32
            differences.append(np.abs(answer - wanted.numpy()).max())
    return max(differences)


@pytest.mark.slow
def test_one_file_answers_as_torch_at_every_size(tmp_path):
    pytest.importorskip("onnxscript")
    network = vessel_segmenter("tiny", 26, seed=0)
    export_onnx(network, tmp_path / "models" / "model.onnx")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["model.onnx"]
    assert largest_difference(tmp_path / "models" / "model.onnx", network, SIZES) < 1e-4


@pytest.mark.slow
def test_patches_of_fourteen_pixels_answer_as_torch(tmp_path):
    """They do not halve evenly."""
    pytest.importorskip("onnxscript")
    network = VesselSegmenter(ViTEncoder(3, 14, 64, 4, 4, position_grid=16, seed=0), width=8, seed=0)
    export_onnx(network, tmp_path / "model.onnx")
    assert largest_difference(tmp_path / "model.onnx", network, [(1, 224, 224), (3, 126, 84), (2, 14, 98)], 3) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("window", [None, 3])
def test_detector_answers_as_torch_in_all_its_maps(tmp_path, window):
    """With windows also for images smaller than one, and of another number of windows than the example of the export."""
    pytest.importorskip("onnxscript")
    network = ViTRetinaNet(ViTEncoder(1, 16, 64, 4, 4, position_grid=14, window=window, seed=0), width=16, seed=0)
    export_onnx(network, tmp_path / "model.onnx")
    assert largest_difference(tmp_path / "model.onnx", network, [(1, 32, 32), (2, 32, 160), (1, 224, 288)]) < 1e-4


@pytest.mark.slow
def test_unext_answers_as_torch(tmp_path):
    pytest.importorskip("onnxscript")
    network = vessel_segmenter("unext", 26, seed=0)
    export_onnx(network, tmp_path / "model.onnx")
    assert largest_difference(tmp_path / "model.onnx", network, [(1, 32, 32), (3, 96, 160), (1, 224, 224)]) < 1e-4


def test_onnx_must_be_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ImportError, match=r"ONNX needs onnxscript, not installed; pip install 'monai_ext\[export\]'"):
        export_onnx(nn.Conv2d(1, 1, 1), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_more_than_the_format_holds_is_refused(tmp_path):
    pytest.importorskip("onnxscript")
    with torch.device("meta"):
        network = nn.Linear(30_000, 20_000)
    with pytest.raises(
        ValueError, match=r"an ONNX file holds at most 2 GB, got 2.4 GB of weights; take a smaller model"
    ):
        export_onnx(network, tmp_path / "model.onnx")

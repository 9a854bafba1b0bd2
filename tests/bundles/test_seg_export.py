# SPDX-License-Identifier: Apache-2.0
"""What MONAI's own bundle commands make of the segmentation bundle."""

import json
import tempfile
from pathlib import Path

import monai.bundle
import numpy as np
import pytest
import torch
from monai.data import load_net_with_metadata

import monai_ext
from monai_ext.networks import load_trained, vessel_segmenter, write_weights

BUNDLE = Path(__file__).parents[2] / "bundles" / "vasomim_seg"
FILES = {
    "meta_file": str(BUNDLE / "configs" / "metadata.json"),
    "config_file": str(BUNDLE / "configs" / "inference.json"),
}
AXES = {name: {0: "batch", 2: "height", 3: "width"} for name in ("image", "pred")}
SIZES = [(batch, *size) for batch in (1, 4) for size in ((224, 224), (512, 512), (512, 384))]


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.pt"
    write_weights(vessel_segmenter("tiny", position_grid=14, seed=0).state_dict(), path)
    return path


def test_metadata_follow_the_schema():
    """`monai.bundle verify_metadata` wants the schema's file; its rules that matter are deploy/model_zoo/metadata_schema.json."""
    schema = Path(__file__).parents[2] / "deploy" / "model_zoo" / "metadata_schema.json"
    monai.bundle.verify_metadata(meta_file=FILES["meta_file"], filepath=str(schema))
    metadata = json.loads(Path(FILES["meta_file"]).read_text())
    assert metadata["version"] in metadata["changelog"] and metadata["version"] == monai_ext.__version__


@pytest.mark.parametrize("n", [1, 3])
def test_the_network_matches_its_metadata(n):
    monai.bundle.verify_net_in_out("network_def", **FILES, device="cpu", n=n, model="tiny")


def test_normalisation_agrees_with_metadata():
    config, metadata = (json.loads(Path(FILES[key]).read_text()) for key in ("config_file", "meta_file"))
    values = f"mean {config['image_mean']} and standard deviation {config['image_std']}"
    assert values in metadata["image_classes"]
    low, high = metadata["network_data_format"]["inputs"]["image"]["value_range"]
    assert np.allclose([low, high], (np.array([0, 1]) - config["image_mean"]) / config["image_std"], atol=0.01)


@pytest.mark.slow
def test_torchscript_of_ckpt_export_answers_as_torch(weights, tmp_path):
    """A trace is for the size and the batch of `input_shape`; TorchScript is deprecated, ONNX takes every size."""
    shape = [1, 1, 64, 96]
    monai.bundle.ckpt_export(
        "network_def", filepath=str(tmp_path / "model.ts"), ckpt_file=str(weights), **FILES, use_trace=True, input_shape=shape,
        model="tiny",
    )  # fmt: skip
    exported, meta, extra = load_net_with_metadata(str(tmp_path / "model.ts"), more_extra_files=["inference.json"])
    network = load_trained(vessel_segmenter("tiny", position_grid=14), weights).eval()
    image = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert (exported(image) - network(image)).abs().max() < 1e-4
    assert meta["name"] == "VasoMIM segmentation" and b"AngiogramInferer" in extra["inference.json"]


@pytest.mark.slow
def test_onnx_of_onnx_export_answers_as_torch_at_every_size(weights, tmp_path, monkeypatch):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # MONAI leaves the weights there
    monai.bundle.onnx_export(
        "network_def", filepath=str(tmp_path / "model.onnx"), ckpt_file=str(weights), **FILES, use_trace=True,
        input_shape=[2, 1, 64, 96], converter_kwargs={"input_names": ["image"], "output_names": ["pred"], "dynamic_axes": AXES},
        model="tiny",
    )  # fmt: skip
    session = runtime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    network = load_trained(vessel_segmenter("tiny", position_grid=14), weights).eval()
    for shape in SIZES:
        image = torch.randn(shape[0], 1, *shape[1:], generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            expected = network(image).numpy()
        assert np.abs(session.run(["pred"], {"image": image.numpy()})[0] - expected).max() < 1e-4, shape

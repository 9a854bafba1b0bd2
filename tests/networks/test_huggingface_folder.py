# SPDX-License-Identifier: Apache-2.0
import json

import pytest
import torch

from monai_ext.networks import (
    VesselSegmenter,
    ViTEncoder,
    ViTRetinaNet,
    export_huggingface,
    load_pretrained_encoder,
    vessel_segmenter,
)

SIZES = {"hidden_size": 16, "num_layers": 4, "num_heads": 2, "seed": 0}
NETWORKS = {
    "encoder": lambda: ViTEncoder(**SIZES),
    "patch of 14, three channels": lambda: ViTEncoder(3, 14, **SIZES),
    "segmenter": lambda: VesselSegmenter(ViTEncoder(position_grid=10, **SIZES), width=8, seed=0),
    "detector with windows as wide": lambda: ViTRetinaNet(ViTEncoder(position_grid=14, window=14, **SIZES), width=8),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
@torch.no_grad()
def test_hidden_states_are_ours(name, tmp_path):
    transformers = pytest.importorskip("transformers", reason="pip install transformers")
    network = NETWORKS[name]()
    export_huggingface(network, tmp_path)
    model, report = transformers.ViTMAEModel.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report.values())
    encoder, side = getattr(network, "encoder", network).eval(), model.config.image_size
    image = torch.randn(2, encoder.in_channels, side, side, generator=torch.Generator().manual_seed(0))
    order = torch.arange((side // encoder.patch_size) ** 2, dtype=torch.float32).expand(2, -1)
    answer = model.eval()(image, noise=order, output_hidden_states=True)
    assert (answer.last_hidden_state - encoder.tokens(image)).abs().max() < 1e-4
    for theirs, ours in zip(answer.hidden_states[1:], encoder.layers(encoder.embed(image)), strict=True):
        assert (theirs - ours).abs().max() < 1e-4


def test_folder_has_three_files_and_is_read_back_by_us(tmp_path):
    encoder = ViTEncoder(**SIZES)
    export_huggingface(encoder, tmp_path / "hf", mean=0.4, std=0.2)
    files = sorted(path.name for path in (tmp_path / "hf").iterdir())
    assert files == ["config.json", "model.safetensors", "preprocessor_config.json"]
    config, preprocessing = (json.loads((tmp_path / "hf" / files[i]).read_text()) for i in (0, 2))
    assert (config["num_channels"], config["image_size"], config["mask_ratio"]) == (1, 224, 0)
    assert (preprocessing["image_mean"], preprocessing["image_std"]) == ([0.4], [0.2])
    read = load_pretrained_encoder(ViTEncoder(**{**SIZES, "seed": 1}), tmp_path / "hf" / "model.safetensors")
    assert all(
        torch.equal(a, b) for a, b in zip(read.state_dict().values(), encoder.state_dict().values(), strict=True)
    )


def test_network_without_transformer_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a ViTMAE folder needs a network with a vision transformer, got UNeXt"):
        export_huggingface(vessel_segmenter("unext", seed=0), tmp_path / "hf")
    assert not list(tmp_path.iterdir())


def test_narrow_windows_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"ViTMAE has no attention windows, got windows of 7 patches in images of 14"):
        export_huggingface(ViTEncoder(window=7, **SIZES), tmp_path / "hf")
    assert not list(tmp_path.iterdir())

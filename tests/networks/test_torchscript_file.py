# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
from monai.data import load_net_with_metadata

from monai_ext.networks import (
    NamedOutputs,
    VesselSegmenter,
    ViTEncoder,
    ViTRetinaNet,
    export_torchscript,
    vessel_segmenter,
)

SIZES = {"hidden_size": 16, "num_layers": 4, "num_heads": 2, "position_grid": 14, "seed": 0}
NETWORKS = {
    "encoder": lambda: ViTEncoder(**SIZES),
    "segmenter": lambda: VesselSegmenter(ViTEncoder(**SIZES), 26, width=8, seed=0),
    "patch of 14": lambda: VesselSegmenter(ViTEncoder(3, 14, **SIZES), width=8, full_resolution=True, seed=0),
    "unext": lambda: vessel_segmenter("unext", 26, seed=0),
    "detector": lambda: ViTRetinaNet(ViTEncoder(**SIZES), width=16, seed=0),
    "windows": lambda: ViTRetinaNet(ViTEncoder(window=3, **SIZES), width=16, seed=0),
}


@pytest.mark.parametrize("name", NETWORKS)
@torch.no_grad()
def test_one_file_answers_as_the_network_at_every_size(name, tmp_path, global_rng_untouched):
    network = NETWORKS[name]()
    export_torchscript(network, tmp_path / "model.ts")
    named, loaded = NamedOutputs(network), torch.jit.load(tmp_path / "model.ts")
    for size in ((1, 1, 1), (2, 2, 5), (3, 7, 4)):
        image = named.image(*size, seed=0)
        torch.testing.assert_close(loaded(image), named(image), rtol=0, atol=1e-4)


def test_metadata_and_configuration_are_inside(tmp_path):
    export_torchscript(
        ViTEncoder(**SIZES),
        tmp_path / "model.ts",
        metadata={"name": "x", "version": "1"},
        extra_files={"a.json": b"{}"},
    )
    assert [path.name for path in tmp_path.iterdir()] == ["model.ts"]
    _, metadata, extra = load_net_with_metadata(str(tmp_path / "model.ts"), more_extra_files=["a.json"])
    assert metadata == {"name": "x", "version": "1"} and extra["a.json"] == b"{}"

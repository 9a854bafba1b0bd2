# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.networks import NamedOutputs, VesselSegmenter, ViTEncoder, ViTRetinaNet, export_pt2, vessel_segmenter

SIZES = {"hidden_size": 16, "num_layers": 4, "num_heads": 2, "position_grid": 14, "seed": 0}
NETWORKS = {
    "encoder": lambda: ViTEncoder(**SIZES),
    "patch of 14": lambda: VesselSegmenter(ViTEncoder(3, 14, **SIZES), 26, width=8, full_resolution=True, seed=0),
    "unext": lambda: vessel_segmenter("unext", 26, seed=0),
    "windows": lambda: ViTRetinaNet(ViTEncoder(window=3, **SIZES), width=16, seed=0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
@torch.no_grad()
def test_one_file_answers_as_the_network_from_two_patches_a_side_on(name, tmp_path, global_rng_untouched):
    network = NETWORKS[name]()
    export_pt2(network, tmp_path / "models" / "model.pt2")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["model.pt2"]
    named, loaded = NamedOutputs(network), torch.export.load(tmp_path / "models" / "model.pt2").module()
    for size in ((1, 2, 2), (2, 2, 5), (3, 7, 4), (1, 14, 14)):
        image = named.image(*size, seed=0)
        torch.testing.assert_close(loaded(image), named(image), rtol=0, atol=1e-4)


@pytest.mark.slow
def test_what_the_file_does_not_take_is_an_error_and_no_wrong_answer(tmp_path):
    network = ViTEncoder(**SIZES)
    export_pt2(network, tmp_path / "model.pt2")
    loaded = torch.export.load(tmp_path / "model.pt2").module()
    for shape in ((1, 1, 16, 32), (1, 1, 40, 32), (1, 3, 32, 32)):
        with pytest.raises((AssertionError, RuntimeError, ValueError)):
            loaded(torch.zeros(shape))

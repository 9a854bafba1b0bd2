# SPDX-License-Identifier: Apache-2.0
import os

import pytest
import torch

from monai_ext.networks import UNeXt, load_segmentor, save_segmentor


def test_saved_segmentor_is_read_back_frozen(tmp_path):
    network = UNeXt(seed=3)
    network.train()(torch.rand(2, 1, 32, 32))  # moves the statistics
    save_segmentor(network, tmp_path / "models" / "segmentor.safetensors")
    assert os.listdir(tmp_path / "models") == ["segmentor.safetensors"]
    loaded = load_segmentor(tmp_path / "models" / "segmentor.safetensors")
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())
    assert torch.equal(loaded(torch.ones(1, 1, 32, 32)), network.eval()(torch.ones(1, 1, 32, 32)))


def test_published_kind_of_file_is_read(tmp_path):
    network = UNeXt(3, seed=1)
    state = {name: tensor for name, tensor in network.state_dict().items() if "num_batches" not in name}
    torch.save({"state_dict": state}, tmp_path / "unext.pt")
    loaded = load_segmentor(tmp_path / "unext.pt", in_channels=3)
    assert all(torch.equal(loaded.state_dict()[name], tensor) for name, tensor in state.items())


def test_full_size_is_recognised(tmp_path):
    save_segmentor(UNeXt(size="full", seed=0), tmp_path / "full.safetensors")
    assert load_segmentor(tmp_path / "full.safetensors").encoder1.out_channels == 16


def test_missing_weights_say_how_to_get_them(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"segmentor weights '.*none.safetensors' do not exist; train them with"
    ):
        load_segmentor(tmp_path / "none.safetensors")


def test_weights_that_do_not_fit_are_refused(tmp_path):
    save_segmentor(UNeXt(3, seed=0), tmp_path / "rgb.safetensors")
    with pytest.raises(ValueError, match=r"(?s)rgb.safetensors.*encoder1.weight \(expected 8x1x3x3, got 8x3x3x3\)"):
        load_segmentor(tmp_path / "rgb.safetensors")


def test_nothing_random_happens(global_rng_untouched, tmp_path):
    save_segmentor(UNeXt(seed=0), tmp_path / "a.safetensors")
    load_segmentor(tmp_path / "a.safetensors")

# SPDX-License-Identifier: Apache-2.0
import json
import shutil
from pathlib import Path

import pytest
import torch

from monai_ext.cli.command_error import CommandError
from monai_ext.cli.trained_network import TrainedNetwork
from monai_ext.networks import UNeXt, ViTEncoder, save_encoder, vessel_segmenter, vit_encoder, write_weights

BUNDLES = Path(__file__).parents[2] / "bundles"


@pytest.fixture
def bundle(tmp_path) -> Path:
    """The segmentation bundle, with weights whose facts tell another model than the bundle's first choice."""
    shutil.copytree(BUNDLES / "vasomim_seg" / "configs", tmp_path / "vasomim_seg" / "configs")
    write_weights(vessel_segmenter("unext", 26, seed=1).state_dict(), tmp_path / "vasomim_seg" / "models" / "model.pt")
    facts = {"knobs": {"model": "unext", "classes": 25, "label": "segments"}}
    (tmp_path / "vasomim_seg" / "models" / "model.json").write_text(json.dumps(facts))
    return tmp_path / "vasomim_seg"


def test_network_is_that_of_the_training_with_its_weights(bundle, global_rng_untouched):
    trained = TrainedNetwork.read(bundle)
    assert isinstance(trained.network, UNeXt) and not trained.network.training
    assert (trained.weights, trained.home) == (bundle / "models" / "model.pt", Path("models/model.pt"))
    assert (trained.mean, trained.std, trained.metadata["name"]) == (0.45, 0.18, "VasoMIM segmentation")
    expected = vessel_segmenter("unext", 26, seed=1).state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in trained.network.state_dict().items())


def test_other_weights_bring_their_own_facts(bundle, tmp_path):
    write_weights(vessel_segmenter("unext", seed=2).state_dict(), tmp_path / "other.safetensors")
    (tmp_path / "other.json").write_text('{"knobs": {"model": "unext"}}')
    trained = TrainedNetwork.read(bundle, str(tmp_path / "other.safetensors"))
    assert trained.network.final.out_channels == 1 and trained.home == Path("models/model.pt")


def test_encoder_of_a_pre_training_is_recognised(tmp_path):
    save_encoder(vit_encoder("tiny", seed=1), tmp_path / "encoder.pt", knobs={"model": "tiny"})
    trained = TrainedNetwork.read(BUNDLES / "vasomim_pretrain", str(tmp_path / "encoder.pt"))
    assert isinstance(trained.network, ViTEncoder) and trained.network.hidden_size == 192


def test_odd_folder_names_do_no_harm(bundle):
    odd = bundle.rename(bundle.with_name("a # 'b' @c $d"))
    assert TrainedNetwork.read(odd).weights == odd / "models" / "model.pt"


def test_folder_that_is_no_bundle_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"BUNDLE must be the folder of a bundle, with configs/inference.json, got"):
        TrainedNetwork.read(tmp_path)


def test_missing_and_foreign_weights_are_refused(bundle, tmp_path):
    with pytest.raises(CommandError, match=r"weights '.*none.pt' do not exist.*--weights names another file"):
        TrainedNetwork.read(bundle, str(tmp_path / "none.pt"))
    write_weights({"a": torch.zeros(1)}, bundle / "models" / "model.pt")
    with pytest.raises(CommandError, match=r"(?s)model.pt.*encoder1.weight"):
        TrainedNetwork.read(bundle)


@pytest.mark.parametrize(("text", "message"), [("{", "must be a JSON object"), ("{}", "must have 'network_def' and")])
def test_broken_configuration_is_refused(bundle, text, message):
    (bundle / "configs" / "inference.json").write_text(text)
    with pytest.raises(CommandError, match=rf"'.*inference.json' {message}"):
        TrainedNetwork.read(bundle)


def test_cause_of_a_failing_network_is_told(bundle):
    config = json.loads((bundle / "configs" / "inference.json").read_text())
    (bundle / "configs" / "inference.json").write_text(json.dumps(config | {"model": "giant"}))
    with pytest.raises(CommandError, match=r"'network_def' of its inference.json fails: preset must be one of"):
        TrainedNetwork.read(bundle)

# SPDX-License-Identifier: Apache-2.0
import argparse
import json
import logging
import os

import pytest
import torch
from safetensors.torch import save_file

from monai_ext.networks import (
    MaskedAutoencoder,
    ViTEncoder,
    load_pretrained_encoder,
    save_encoder,
    to_hf_state_dict,
    to_timm_state_dict,
    trained_with,
)

SIZES = {"patch_size": 4, "hidden_size": 16, "num_layers": 2, "num_heads": 2}
DECODER = {"decoder_hidden_size": 8, "decoder_num_layers": 1, "decoder_num_heads": 2}
IMAGE = {"image_size": (8, 12)}
GREY = {"mean": 0.45, "std": 0.2}


def random_encoder(seed: int = 1, **overrides) -> ViTEncoder:
    """Every tensor is random: norms and biases too, where an exchange would hide."""
    encoder = ViTEncoder(**{**SIZES, **overrides}, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    for parameter in encoder.parameters():
        parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator)
    return encoder


def assert_same(a: ViTEncoder, b: ViTEncoder) -> None:
    for name, tensor in a.state_dict().items():
        assert torch.equal(tensor, b.state_dict()[name]), name


def since_transformers_5(state: dict) -> dict:
    """Names in memory since transformers 5, from those in files; printed by transformers 5.23."""
    for theirs, new in (
        ("encoder.layer", "layers"),
        ("attention.attention.query", "attention.q_proj"),
        ("attention.attention.key", "attention.k_proj"),
        ("attention.attention.value", "attention.v_proj"),
        ("attention.output.dense", "attention.o_proj"),
        ("intermediate.dense", "mlp.fc1"),
        ("output.dense", "mlp.fc2"),
    ):
        state = {name.replace(theirs, new): tensor for name, tensor in state.items()}
    return state


LAYOUTS = {
    "own": lambda e: e.state_dict(),
    "own, distributed": lambda e: {f"module.{n}": t for n, t in e.state_dict().items()},
    "own, compiled": lambda e: torch.compile(e).state_dict(),
    "timm": lambda e: to_timm_state_dict(e, **IMAGE),
    "timm, with a head": lambda e: to_timm_state_dict(e, **IMAGE) | {"head.weight": torch.zeros(2, 16)},
    "timm, no positions": lambda e: {n: t for n, t in to_timm_state_dict(e, **IMAGE).items() if n != "pos_embed"},
    "MAE": lambda e: (
        to_timm_state_dict(e, **IMAGE) | {"mask_token": torch.zeros(1), "decoder_norm.bias": torch.zeros(8)}
    ),
    "HF": lambda e: to_hf_state_dict(e, **IMAGE),
    "HF, whole": lambda e: to_hf_state_dict(e, **IMAGE) | {"decoder.mask_token": torch.zeros(1)},
    "HF, bare": lambda e: to_hf_state_dict(e, **IMAGE, prefix=""),
    "HF, new names": lambda e: since_transformers_5(to_hf_state_dict(e, **IMAGE)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_round_trip_is_exact(layout):
    source, target = random_encoder(), ViTEncoder(**SIZES, seed=0)
    assert load_pretrained_encoder(target, LAYOUTS[layout](source)) is target
    assert_same(source, target)


@pytest.mark.parametrize("name", ["model.pt", "model.safetensors"])
def test_saved_encoder_is_read_back(tmp_path, name):
    source, target = random_encoder(), ViTEncoder(**SIZES, seed=0)
    save_encoder(source, tmp_path / "new" / name)
    assert os.listdir(tmp_path / "new") == [name]
    assert_same(source, load_pretrained_encoder(target, tmp_path / "new" / name))


def test_knobs_of_the_training_lie_beside(tmp_path):
    save_encoder(random_encoder(), tmp_path / "model.pt", knobs={"model": "tiny", "epochs": 3})
    assert trained_with(tmp_path / "model.pt", "model") == "tiny"
    assert json.loads((tmp_path / "model.json").read_text()) == {"knobs": {"model": "tiny", "epochs": 3}}


def test_model_pt_is_a_plain_state_dict(tmp_path):
    save_encoder(random_encoder(), tmp_path / "model.pt")
    ViTEncoder(**SIZES).load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))


def test_encoder_is_found_within_its_autoencoder_and_a_training_file(tmp_path):
    network = MaskedAutoencoder(**SIZES, **DECODER, seed=3)
    torch.save({"epoch": 3, "network": network.state_dict()}, tmp_path / "checkpoint.pt")
    assert_same(network.encoder, load_pretrained_encoder(ViTEncoder(**SIZES, seed=0), tmp_path / "checkpoint.pt"))


def test_released_file_with_its_arguments_is_read(tmp_path):
    """Released masked auto-encoders lie under "model", some beside the arguments of their training."""
    source = random_encoder()
    content = {"model": to_timm_state_dict(source, **IMAGE), "args": argparse.Namespace(lr=1e-3), "epoch": 799}
    torch.save(content, tmp_path / "mae.pth")
    assert_same(source, load_pretrained_encoder(ViTEncoder(**SIZES, seed=0), tmp_path / "mae.pth"))


@pytest.mark.parametrize("layout", ["own", "timm", "HF"])
def test_folded_encoder_sees_a_grey_image_as_the_rgb_one_does(layout, caplog):
    rgb = random_encoder(in_channels=3)
    ours = ViTEncoder(**SIZES, seed=0)
    with caplog.at_level(logging.INFO):
        load_pretrained_encoder(ours, LAYOUTS[layout](rgb), **GREY)
    assert "folded from RGB" in caplog.text
    grey = torch.rand(2, 1, 8, 12, generator=torch.Generator().manual_seed(0))
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    expected = rgb((grey - mean) / std)
    torch.testing.assert_close(ours((grey - GREY["mean"]) / GREY["std"]), expected, atol=1e-5, rtol=0)


def test_folding_without_the_mean_is_refused():
    with pytest.raises(ValueError, match=r"needs mean and std of the grey images, got None and None"):
        load_pretrained_encoder(ViTEncoder(**SIZES), random_encoder(in_channels=3).state_dict())


def test_half_precision_files_are_read():
    source, target = random_encoder(in_channels=3), ViTEncoder(**SIZES, seed=0)
    half = {name: tensor.half() for name, tensor in to_timm_state_dict(source, **IMAGE).items()}
    load_pretrained_encoder(target, half, **GREY)
    assert target.cls_token.dtype == torch.float32
    torch.testing.assert_close(target.cls_token, source.cls_token, atol=1e-3, rtol=0)


def test_what_differs_is_listed_and_nothing_is_loaded():
    target, untouched = ViTEncoder(**SIZES, seed=0), ViTEncoder(**SIZES, seed=0)
    state = to_timm_state_dict(random_encoder(), **IMAGE)
    del state["blocks.1.attn.qkv.bias"]
    state |= {"norm.weight": torch.zeros(3), "gamma": torch.zeros(1)}
    message = r"(?s)1 missing: blocks.1.attn.qkv.bias.*1 of another shape: norm.weight \(expected 16, got 3\).*1 unexpected: gamma"
    with pytest.raises(ValueError, match=message):
        load_pretrained_encoder(target, state)
    assert_same(target, untouched)


def test_checkpoint_of_another_size_is_refused(tmp_path):
    save_encoder(random_encoder(num_layers=3), tmp_path / "deep.pt")
    with pytest.raises(ValueError, match=r"(?s)deep.pt.*12 unexpected: blocks.2.mlp.linear1.weight"):
        load_pretrained_encoder(ViTEncoder(**SIZES), tmp_path / "deep.pt")
    wide = to_timm_state_dict(random_encoder(hidden_size=32), **IMAGE)
    with pytest.raises(ValueError, match=r"cls_token \(expected 1x1x16, got 1x1x32\).* and \d+ more"):
        load_pretrained_encoder(ViTEncoder(**SIZES), wide)
    with pytest.raises(
        ValueError, match=r"\nChoose the model \(tiny, small, base, ...\) that the weights were made with.$"
    ):
        load_pretrained_encoder(ViTEncoder(**SIZES), wide)


def test_a_network_without_an_encoder_takes_none():
    with pytest.raises(TypeError, match="need a ViTEncoder to go to, got Conv2d; leave initial_weights out"):
        load_pretrained_encoder(torch.nn.Conv2d(1, 1, 1), {})


def test_learned_positions_are_refused():
    state = to_timm_state_dict(random_encoder(), **IMAGE)
    state["pos_embed"] += 0.1
    with pytest.raises(ValueError, match=r"positions must be fixed sines and cosines, got a table that differs by 0.1"):
        load_pretrained_encoder(ViTEncoder(**SIZES), state)


def test_unknown_layout_is_refused():
    with pytest.raises(ValueError, match=r"known layout must be there, got 0.*begin with: conv.weight"):
        load_pretrained_encoder(ViTEncoder(**SIZES), {"conv.weight": torch.zeros(1)})
    two = {f"{who}.{n}": t for who in ("student", "teacher") for n, t in random_encoder().state_dict().items()}
    with pytest.raises(ValueError, match=r"known layout must be there, got 2"):
        load_pretrained_encoder(ViTEncoder(**SIZES), two)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none.pt' do not exist"):
        load_pretrained_encoder(ViTEncoder(**SIZES), tmp_path / "none.pt")


def test_nothing_random_happens(global_rng_untouched, tmp_path):
    encoder = random_encoder()
    save_file(to_hf_state_dict(encoder, **IMAGE), tmp_path / "hf.safetensors")
    load_pretrained_encoder(encoder, tmp_path / "hf.safetensors")

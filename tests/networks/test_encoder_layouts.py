# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.networks import ViTEncoder, to_hf_state_dict, to_timm_state_dict
from monai_ext.networks.encoder_layouts import LAYOUTS
from monai_ext.ops import sincos_positions

SIZES = {"patch_size": 4, "hidden_size": 8, "num_layers": 1, "num_heads": 2, "seed": 0}


def test_names_of_timm():
    """Names of timm's VisionTransformer without its head."""
    names = {
        "cls_token", "pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias", "norm.weight", "norm.bias",
        *(
            f"blocks.0.{layer}.{kind}"
            for layer in ("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")
            for kind in ("weight", "bias")
        ),
    }  # fmt: skip
    assert set(to_timm_state_dict(ViTEncoder(**SIZES), image_size=(8, 8))) == names


def test_names_of_hugging_face():
    """Names that ViTMAEForPreTraining of transformers 4.57 printed, and that 5.23 writes to its files."""
    names = {
        "embeddings.cls_token",
        "embeddings.position_embeddings",
        "layernorm.weight",
        "layernorm.bias",
        *(
            f"{layer}.{kind}"
            for layer in (
                "embeddings.patch_embeddings.projection",
                *(
                    f"encoder.layer.0.{part}"
                    for part in (
                        "attention.attention.query",
                        "attention.attention.key",
                        "attention.attention.value",
                        "attention.output.dense",
                        "intermediate.dense",
                        "output.dense",
                        "layernorm_before",
                        "layernorm_after",
                    )
                ),
            )
            for kind in ("weight", "bias")
        ),
    }
    encoder = ViTEncoder(**SIZES)
    assert set(to_hf_state_dict(encoder, image_size=(8, 8), prefix="")) == names
    assert set(to_hf_state_dict(encoder, image_size=(8, 8))) == {f"vit.{name}" for name in names}


def test_query_key_and_value_are_the_thirds_of_qkv():
    encoder = ViTEncoder(**SIZES)
    state = to_hf_state_dict(encoder, image_size=(8, 8), prefix="")
    for k, part in enumerate(("query", "key", "value")):
        third = encoder.blocks[0].attn.qkv.weight[8 * k : 8 * (k + 1)]
        assert torch.equal(state[f"encoder.layer.0.attention.attention.{part}.weight"], third)


def test_positions_are_written_for_the_image_size():
    encoder = ViTEncoder(**SIZES)
    assert torch.equal(to_timm_state_dict(encoder, image_size=(8, 20))["pos_embed"][0], sincos_positions(2, 5, 8))
    assert to_timm_state_dict(encoder)["pos_embed"].shape == (1, 1 + 56 * 56, 8)
    with pytest.raises(ValueError, match=r"multiple of patch_size, got 8x9 and 4"):
        to_hf_state_dict(encoder, image_size=(8, 9))


def test_export_is_a_copy():
    encoder = ViTEncoder(**SIZES)
    before = encoder.cls_token.clone()
    to_timm_state_dict(encoder, image_size=(8, 8))["cls_token"].zero_()
    assert torch.equal(encoder.cls_token, before)


def test_each_layout_names_each_tensor_once():
    ours = list(ViTEncoder(**SIZES).state_dict())
    for layout in LAYOUTS:
        names = [name for own in ours for name in layout.names_of(own)]
        assert len(set(names)) == len(names)
        assert layout.mark in names

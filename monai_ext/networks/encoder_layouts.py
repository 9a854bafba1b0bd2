# SPDX-License-Identifier: Apache-2.0
"""Names that other libraries give to the tensors of a vision transformer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..ops import patch_grid, sincos_positions
from .vit import ViTEncoder

__all__ = ["LAYOUTS", "EncoderLayout", "to_hf_state_dict", "to_timm_state_dict"]


@dataclass(frozen=True)
class EncoderLayout:
    """How a library names the tensors of an encoder.

    Attributes:
        name: for messages.
        mark: a tensor that an encoder in this layout, and in no other, has.
        rules: parts of our names and what stands there in theirs, as regular expressions; all are applied, in order.
        parts: names of query, key and value where they are tensors of their own; ours are one, in this order.
        positions: name of the table of positions, if there is one.
        others: beginnings of names that are no part of an encoder and may lie beside it.
    """

    name: str
    mark: str
    rules: tuple[tuple[str, str], ...] = ()
    parts: tuple[str, ...] = ("attn.qkv",)
    positions: str | None = None
    others: tuple[str, ...] = ()

    def names_of(self, ours: str) -> list[str]:
        """Their names of one of our tensors: one, or those of query, key and value."""
        theirs = ours
        for pattern, replacement in self.rules:
            theirs = re.sub(pattern, replacement, theirs)
        return [theirs.replace("attn.qkv", part) for part in self.parts] if "attn.qkv" in theirs else [theirs]

    def convert_from(self, theirs: Mapping[str, Tensor], ours: list[str]) -> dict[str, Tensor]:
        """Their tensors under our names; what has no counterpart keeps its name, what is missing stays out."""
        converted, used = {}, set()
        for name in ours:
            names = self.names_of(name)
            if all(n in theirs for n in names):
                converted[name] = torch.cat([theirs[n] for n in names]) if len(names) > 1 else theirs[names[0]]
                used.update(names)
        return converted | {n: t for n, t in theirs.items() if n not in used and not n.startswith(self.others)}

    def convert_to(self, ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Our tensors under their names."""
        converted = {}
        for name, tensor in ours.items():
            names = self.names_of(name)
            converted |= dict(zip(names, tensor.chunk(len(names)) if len(names) > 1 else [tensor], strict=True))
        return {name: tensor.detach().clone() for name, tensor in converted.items()}


HF_OUTER = (
    (r"^cls_token", "embeddings.cls_token"),
    (r"^patch_embedding", "embeddings.patch_embeddings.projection"),
    (r"^norm\.", "layernorm."),
    (r"\.norm1\.", ".layernorm_before."),
    (r"\.norm2\.", ".layernorm_after."),
)
LAYOUTS = (
    EncoderLayout("own", mark="patch_embedding.weight"),
    EncoderLayout(
        "timm / MAE",
        mark="patch_embed.proj.weight",
        rules=(
            (r"^patch_embedding", "patch_embed.proj"),
            (r"attn\.out_proj", "attn.proj"),
            (r"mlp\.linear", "mlp.fc"),
        ),
        positions="pos_embed",
        others=("decoder_", "mask_token", "head."),
    ),
    EncoderLayout(
        "Hugging Face ViTMAE",
        mark="encoder.layer.0.layernorm_before.weight",
        rules=(
            *HF_OUTER,
            (r"^blocks", "encoder.layer"),
            (r"attn\.out_proj", "attention.output.dense"),
            (r"mlp\.linear1", "intermediate.dense"),
            (r"mlp\.linear2", "output.dense"),
        ),
        parts=("attention.attention.query", "attention.attention.key", "attention.attention.value"),
        positions="embeddings.position_embeddings",
        others=("decoder.", "pooler."),
    ),
    EncoderLayout(
        "Hugging Face ViTMAE in memory since transformers 5",
        mark="layers.0.layernorm_before.weight",
        rules=(
            *HF_OUTER,
            (r"^blocks", "layers"),
            (r"attn\.out_proj", "attention.o_proj"),
            (r"mlp\.linear", "mlp.fc"),
        ),
        parts=("attention.q_proj", "attention.k_proj", "attention.v_proj"),
        positions="embeddings.position_embeddings",
        others=("decoder.", "pooler."),
    ),
)


def to_timm_state_dict(encoder: ViTEncoder, *, image_size: tuple[int, int] = (224, 224)) -> dict[str, Tensor]:
    """Weights as timm's VisionTransformer and the released masked auto-encoders name them.

    Args:
        encoder: ours; its number of channels stays.
        image_size: height and width in pixels that the table of positions is written for; the patch divides it.
    """
    return _export(encoder, LAYOUTS[1], image_size)


def to_hf_state_dict(
    encoder: ViTEncoder, *, image_size: tuple[int, int] = (224, 224), prefix: str = "vit."
) -> dict[str, Tensor]:
    """Weights as files of Hugging Face's ViTMAE name them; every version of transformers reads them.

    Give the model `layer_norm_eps=1e-6` (its own default is 1e-12), `num_channels` and `image_size`.

    Args:
        encoder: ours; its number of channels stays.
        image_size: height and width in pixels that the table of positions is written for; the patch divides it.
        prefix: "vit." for ViTMAEForPreTraining, "" for ViTMAEModel.
    """
    return {prefix + name: tensor for name, tensor in _export(encoder, LAYOUTS[2], image_size).items()}


def _export(encoder: ViTEncoder, layout: EncoderLayout, image_size: tuple[int, int]) -> dict[str, Tensor]:
    weights = layout.convert_to(encoder.state_dict())
    positions = sincos_positions(*patch_grid(*image_size, encoder.patch_size), encoder.hidden_size)
    return weights | {layout.positions: positions.unsqueeze(0).to(encoder.cls_token)}

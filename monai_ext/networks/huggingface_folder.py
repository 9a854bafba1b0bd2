# SPDX-License-Identifier: Apache-2.0
"""An encoder as a folder that Hugging Face's `ViTMAEModel.from_pretrained` reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from torch import nn

from ..ops import atomic_file
from .encoder_layouts import to_hf_state_dict
from .vit import ViTEncoder
from .weights_file import write_weights

__all__ = ["export_huggingface"]

_USUAL_SIZE = 224  # pixels, of pre-training
_BICUBIC = 3  # Pillow's number


def export_huggingface(
    network: nn.Module, folder: str | os.PathLike[str], *, mean: float = 0.45, std: float = 0.18
) -> None:
    """Write the encoder of a network as a ViTMAE model: `config.json`, `model.safetensors` and `preprocessor_config.json`.

    Its table of positions is written for square images of 224 pixels, or of `position_grid` patches a side; for other sizes ViTMAE interpolates it
    (`interpolate_pos_encoding=True`), which is close to our positions and not equal. `mask_ratio` is 0: the model sees the whole image, in order.

    Args:
        network: an encoder, or what has one.
        folder: made if missing.
        mean: of the grey values in [0, 1] that the network was trained with.
        std: of them.

    Raises:
        ValueError: if the network has no encoder, or one whose attention windows are smaller than that image.
    """
    encoder = getattr(network, "encoder", network)
    if not isinstance(encoder, ViTEncoder):
        raise ValueError(
            f"a ViTMAE folder needs a network with a vision transformer, got {type(network).__name__}; leave hf out of the formats."
        )
    grid = encoder.position_grid or _USUAL_SIZE // encoder.patch_size
    if encoder.window is not None and encoder.window < grid:
        raise ValueError(
            f"ViTMAE has no attention windows, got windows of {encoder.window} patches in images of {grid}; leave hf out of the formats."
        )
    side, folder = grid * encoder.patch_size, Path(folder)
    write_weights(to_hf_state_dict(encoder, image_size=(side, side), prefix=""), folder / "model.safetensors")
    _write(folder / "config.json", _config(encoder, side))
    _write(folder / "preprocessor_config.json", _preprocessing(side, mean, std, encoder.in_channels))


def _config(encoder: ViTEncoder, side: int) -> dict[str, Any]:
    block = encoder.blocks[0]
    return {
        "architectures": ["ViTMAEModel"],
        "model_type": "vit_mae",
        "hidden_size": encoder.hidden_size,
        "num_hidden_layers": len(encoder.blocks),
        "num_attention_heads": block.attn.num_heads,
        "intermediate_size": block.mlp.linear1.out_features,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "layer_norm_eps": encoder.norm.eps,
        "qkv_bias": True,
        "image_size": side,
        "patch_size": encoder.patch_size,
        "num_channels": encoder.in_channels,
        "mask_ratio": 0.0,
    }


def _preprocessing(side: int, mean: float, std: float, channels: int) -> dict[str, Any]:
    return {
        "image_processor_type": "ViTImageProcessor",
        "do_resize": True,
        "size": {"height": side, "width": side},
        "resample": _BICUBIC,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [mean] * channels,
        "image_std": [std] * channels,
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

# SPDX-License-Identifier: Apache-2.0
"""A pre-trained encoder on disk, in our layout or another library's."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from ..ops import atomic_file, sincos_positions
from .check_weights import check_weights
from .encoder_layouts import LAYOUTS, EncoderLayout
from .fold_rgb import IMAGENET_MEAN, IMAGENET_STD, fold_rgb
from .vit import ViTEncoder
from .weights_file import read_weights, write_weights

__all__ = ["load_pretrained_encoder", "save_encoder"]

TOLERANCE = 1e-3  # of positions: tables are also stored in half precision


def load_pretrained_encoder(
    encoder: ViTEncoder,
    source: str | os.PathLike[str] | Mapping[str, Tensor],
    *,
    mean: float | None = None,
    std: float | None = None,
    rgb_mean: Sequence[float] = IMAGENET_MEAN,
    rgb_std: Sequence[float] = IMAGENET_STD,
) -> ViTEncoder:
    """Give an encoder pre-trained weights, all of them or none.

    The layout is recognised: ours (the encoder alone or within its masked auto-encoder), timm's and the released masked
    auto-encoders', Hugging Face ViTMAE's. Decoders and heads in the file are left aside. Weights trained on RGB are
    folded exactly into an encoder of one channel (`fold_rgb`). Positions are computed here, so those of the file must be
    the fixed sines and cosines of some grid; an encoder with learned positions is refused.

    Args:
        encoder: of the file's size; changed in place.
        source: a file (`.safetensors`, or torch's), or a state dict.
        mean: of the grey images, which lie in [0, 1]; needed to fold RGB weights.
        std: of the grey images; needed to fold RGB weights.
        rgb_mean: that RGB weights were trained with; ImageNet's by default.
        rgb_std: that RGB weights were trained with; ImageNet's by default.

    Returns:
        The encoder itself.

    Raises:
        FileNotFoundError: if there is no such file.
        TypeError: if the encoder is another network.
        ValueError: if the layout is unknown, positions are learned, or tensors are missing, of another shape or unknown; the
            message lists them. The encoder is as it was then.
    """
    if not isinstance(encoder, ViTEncoder):
        raise TypeError(
            f"pre-trained weights need a ViTEncoder to go to, got {type(encoder).__name__}; leave initial_weights out."
        )
    state = source if isinstance(source, Mapping) else read_weights(source)
    where = "state dict" if isinstance(source, Mapping) else f"weights '{source}'"
    try:
        layout, theirs = _recognise(state)
        table = theirs.pop(layout.positions, None)
        if table is not None and table.shape[-1] == encoder.hidden_size:  # another width is reported below, in full
            _check_positions(table)
        own = encoder.state_dict()
        weights = layout.convert_from(theirs, list(own))
        folding = encoder.in_channels == 1 and _channels(weights) == 3
        if folding:
            names = ("patch_embedding.weight", "patch_embedding.bias")
            pair = (weights[name].to(own[name].dtype) for name in names)
            folded = fold_rgb(*pair, mean=mean, std=std, rgb_mean=rgb_mean, rgb_std=rgb_std)
            weights |= dict(zip(names, folded, strict=True))
        _check(own, weights)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    encoder.load_state_dict(weights)
    logging.getLogger(__name__).info(
        "%s: %d tensors in the %s layout%s", where, len(weights), layout.name, ", folded from RGB" if folding else ""
    )
    return encoder


def save_encoder(encoder: ViTEncoder, path: str | os.PathLike[str], *, knobs: Mapping[str, Any] | None = None) -> None:
    """Write an encoder's weights alone, whole or not at all: a plain state dict, or safetensors by the file's suffix.

    Args:
        encoder: on any device.
        path: such as `models/model.pt`; its folder is made if missing.
        knobs: of the training, JSON values, which `trained_with` finds in `<stem>.json` beside the weights; None writes no such file.
    """
    write_weights(encoder.state_dict(), path)
    if knobs is not None:
        with atomic_file(Path(path).with_suffix(".json")) as told:
            told.write_text(json.dumps({"knobs": dict(knobs)}, indent=2) + "\n", encoding="utf-8")


def _check(own: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> None:
    try:
        check_weights(own, weights, of="encoder")
    except ValueError as error:
        raise ValueError(
            f"{error}\nChoose the model (tiny, small, base, ...) that the weights were made with."
        ) from error


def _recognise(state: Mapping[str, Tensor]) -> tuple[EncoderLayout, dict[str, Tensor]]:
    """Layout, and the encoder's tensors without the prefix that they bear within a larger network."""
    found = [
        (layout, name.removesuffix(layout.mark))
        for layout in LAYOUTS
        for name in state
        if name == layout.mark or name.endswith("." + layout.mark)
    ]
    if len(found) != 1:
        known = "; ".join(f"{layout.mark} ({layout.name})" for layout in LAYOUTS)
        raise ValueError(
            f"exactly one encoder of a known layout must be there, got {len(found)}. Known by: {known}. "
            f"Tensors begin with: {', '.join(list(state)[:6])}."
        )
    layout, prefix = found[0]
    return layout, {name.removeprefix(prefix): t for name, t in state.items() if name.startswith(prefix)}


def _channels(weights: Mapping[str, Tensor]) -> int | None:
    weight = weights.get("patch_embedding.weight")
    return weight.shape[1] if weight is not None and weight.ndim == 4 and "patch_embedding.bias" in weights else None


def _check_positions(table: Tensor) -> None:
    """Accepts the sine-cosine table of any grid with that number of patches."""
    table = table.detach().float().cpu().flatten(0, -2)
    patches, width = len(table) - 1, table.shape[1]
    grids = [(rows, patches // rows) for rows in range(1, patches + 1) if patches % rows == 0]
    distance = min((sincos_positions(*grid, width) - table).abs().max().item() for grid in grids)
    if not distance <= TOLERANCE:
        raise ValueError(
            f"positions must be fixed sines and cosines, got a table that differs by {distance:.3g}; "
            "this encoder computes its positions, so it takes masked auto-encoders' weights, not learned positions."
        )

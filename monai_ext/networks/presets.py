# SPDX-License-Identifier: Apache-2.0
"""Networks by the name of their size."""

from __future__ import annotations

from typing import Any

from .mae import MaskedAutoencoder
from .retinanet import ViTRetinaNet
from .segmenter import VesselSegmenter
from .unext import UNeXt
from .vit import ViTEncoder

__all__ = ["masked_autoencoder", "stenosis_retinanet", "vessel_segmenter", "vit_encoder"]

ENCODERS = {
    "tiny": {"patch_size": 16, "hidden_size": 192, "num_layers": 12, "num_heads": 3},
    "small": {"patch_size": 16, "hidden_size": 384, "num_layers": 12, "num_heads": 6},
    "base": {"patch_size": 16, "hidden_size": 768, "num_layers": 12, "num_heads": 12},
    "large": {"patch_size": 16, "hidden_size": 1024, "num_layers": 24, "num_heads": 16},
    "huge": {"patch_size": 14, "hidden_size": 1280, "num_layers": 32, "num_heads": 16},
}
PAPER_DECODER = {"decoder_hidden_size": 512, "decoder_num_layers": 8, "decoder_num_heads": 16}
DECODERS = {
    "tiny": {"decoder_hidden_size": 128, "decoder_num_layers": 2, "decoder_num_heads": 4},
    "small": {"decoder_hidden_size": 256, "decoder_num_layers": 4, "decoder_num_heads": 8},
    "base": PAPER_DECODER,
    "large": PAPER_DECODER,
    "huge": PAPER_DECODER,
}
SEGMENTER_WIDTHS = {"tiny": 24, "small": 32, "base": 48, "large": 64, "huge": 64}
UNEXT = "unext"
DETECTOR_WIDTHS = {"tiny": 32, "small": 128, "base": 256, "large": 256}  # patches of 14 have no strides of 4 to 32


def vit_encoder(preset: str, *, in_channels: int = 1, **overrides: Any) -> ViTEncoder:
    """Encoder of a size: tiny, small, base, large (patches of 16 pixels) or huge (14).

    Args:
        preset: name of the size.
        in_channels: of the image.
        **overrides: arguments of `ViTEncoder` that replace those of the size, or `seed`.

    Raises:
        ValueError: if the size is unknown.
    """
    return ViTEncoder(in_channels=in_channels, **{**_chosen(ENCODERS, preset), **overrides})


def masked_autoencoder(preset: str, *, in_channels: int = 1, **overrides: Any) -> MaskedAutoencoder:
    """Masked auto-encoder whose encoder is `vit_encoder(preset)`; base, large and huge have the paper's decoder.

    Args:
        preset: name of the size.
        in_channels: of the image.
        **overrides: arguments of `MaskedAutoencoder` that replace those of the size, or `seed`.

    Raises:
        ValueError: if the size is unknown.

    References:
        Masked Autoencoders, arXiv 2111.06377, section 4.1.
    """
    sizes = {**_chosen(ENCODERS, preset), **_chosen(DECODERS, preset)}
    return MaskedAutoencoder(in_channels=in_channels, **{**sizes, **overrides})


def vessel_segmenter(
    preset: str,
    out_channels: int = 1,
    *,
    in_channels: int = 1,
    drop_path: float = 0.0,
    position_grid: int | None = None,
    seed: int | None = None,
    **overrides: Any,
) -> VesselSegmenter | UNeXt:
    """Segmenter whose encoder is `vit_encoder(preset)`; or, as "unext", the small network without one that this project's segmentor S is.

    Args:
        preset: name of the size, or "unext", for which nothing below but in_channels and seed has a meaning.
        out_channels: 1 for a sigmoid, 1 + number of classes for a softmax.
        in_channels: of the image.
        drop_path: of the encoder.
        position_grid: of the encoder.
        seed: of the first weights; None draws from torch's global generator.
        **overrides: arguments of `VesselSegmenter` that replace those of the size.

    Raises:
        ValueError: if the size is unknown.
    """
    if preset == UNEXT:
        return UNeXt(in_channels, out_channels, seed=seed)
    encoder = vit_encoder(preset, in_channels=in_channels, drop_path=drop_path, position_grid=position_grid, seed=seed)
    return VesselSegmenter(
        encoder, out_channels, **{"width": _chosen(SEGMENTER_WIDTHS, preset), "seed": seed, **overrides}
    )


def stenosis_retinanet(
    preset: str,
    *,
    in_channels: int = 1,
    drop_path: float = 0.0,
    position_grid: int | None = None,
    window: int | None = None,
    seed: int | None = None,
    **overrides: Any,
) -> ViTRetinaNet:
    """Network of a `StenosisDetector` whose encoder is `vit_encoder(preset)`: tiny, small, base or large.

    Args:
        preset: name of the size.
        in_channels: of the image.
        drop_path: of the encoder.
        position_grid: of the encoder.
        window: of the encoder's attention, in patches.
        seed: of the first weights; None draws from torch's global generator.
        **overrides: arguments of `ViTRetinaNet` that replace those of the size.

    Raises:
        ValueError: if the size is unknown.
    """
    width = _chosen(DETECTOR_WIDTHS, preset)
    encoder = vit_encoder(
        preset, in_channels=in_channels, drop_path=drop_path, position_grid=position_grid, window=window, seed=seed
    )
    return ViTRetinaNet(encoder, **{"width": width, "seed": seed, **overrides})


def _chosen(table: dict[str, Any], preset: str) -> Any:
    if preset not in table:
        raise ValueError(f"preset must be one of {', '.join(table)}, got {preset!r}.")
    return table[preset]

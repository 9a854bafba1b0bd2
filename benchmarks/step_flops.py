# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from torch import nn

from monai_ext.networks import MaskedAutoencoder, UNeXt
from monai_ext.ops import hidden_count, patch_grid

__all__ = ["step_flops"]


def step_flops(
    network: MaskedAutoencoder, segmentor: UNeXt | None, size: tuple[int, int], mask_ratio: float = 0.5
) -> dict[str, float]:
    """Floating point operations that a step of VasoMIM needs for one image, a multiplication and an addition being two.

    Matrix products and convolutions count, as is usual. With n tokens of width d a transformer block needs 24 n d^2 for its four linear layers
    (MLP ratio 4) and 4 n^2 d for the two products of the attention. The encoder sees the class token and the visible patches, the
    decoder the class token and all patches. A backward pass needs twice the forward pass: gradients of the inputs and of the weights; the
    image needs no gradient. S runs forward twice, S(I) and S(I'), and backward once for I' alone, since it is frozen: three times its forward pass.

    Args:
        network: the masked auto-encoder.
        segmentor: S; None for a method without it.
        size: height and width of the images in pixels; 32 divides them where there is a segmentor.
        mask_ratio: share of hidden patches.

    Returns:
        FLOP an image by part: `encoder`, `decoder`, `embeddings` (patches, decoder embedding, head), `segmentor`.
    """
    encoder, width = network.encoder, network.decoder_embedding.out_features
    rows, columns = patch_grid(*size, network.patch_size)
    patches = rows * columns
    visible = patches - hidden_count(patches, mask_ratio) + 1
    pixels = encoder.in_channels * network.patch_size**2
    embed = 2 * patches * pixels * encoder.hidden_size
    ends = 2 * visible * encoder.hidden_size * width + 2 * patches * width * pixels
    return {
        "encoder": 3 * _blocks(encoder.blocks, visible, encoder.hidden_size),
        "decoder": 3 * _blocks(network.decoder, patches + 1, width),
        "embeddings": 2 * embed + 3 * ends,
        "segmentor": 3 * _unext(segmentor, *size) if segmentor is not None else 0.0,
    }


def _blocks(blocks: nn.Sequential, tokens: int, width: int) -> float:
    mlp = blocks[0].mlp.linear1.out_features
    linear = 2 * tokens * width * (4 * width + 2 * mlp)
    return len(blocks) * (linear + 4 * tokens**2 * width)


def _unext(network: UNeXt, height: int, width: int) -> float:
    """Forward pass of one image; a stage is (weights of a pixel, reduction of the image)."""
    stages = [(network.encoder1, 1), (network.encoder2, 2), (network.encoder3, 4)]
    stages += [(network.patch_embed3.proj, 16), (network.patch_embed4.proj, 32)]
    stages += [(network.block1, 16), (network.block2, 32), (network.dblock1, 16), (network.dblock2, 8)]
    stages += [(network.decoder1, 32), (network.decoder2, 16), (network.decoder3, 8), (network.decoder4, 4)]
    stages += [(network.decoder5, 2), (network.final, 1)]
    return sum(2 * _weights(part) * (height // by) * (width // by) for part, by in stages)


def _weights(part: nn.Module) -> int:
    """Multiplications a pixel of the result: every weight of more than one dimension is used once."""
    return sum(parameter.numel() for parameter in part.parameters() if parameter.ndim > 1)

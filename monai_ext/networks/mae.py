# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from torch import Tensor, nn

from ..ops import patch_grid, sincos_positions
from .seeded import seeded
from .transformer_stack import transformer_stack
from .vit import ViTEncoder

__all__ = ["MaskedAutoencoder"]


class MaskedAutoencoder(nn.Module):
    """Sees the visible patches of an image and predicts all of them.

    The mask is an argument: nothing is drawn inside, so methods that mask differently share this network. Only visible
    patches pass through the encoder; the lighter decoder sees them and a mask token in place of each hidden one.

    Args:
        in_channels: of the image.
        patch_size: side of a patch in pixels.
        hidden_size: width of the encoder.
        num_layers: blocks of the encoder.
        num_heads: of the encoder.
        mlp_ratio: width of the MLPs over that of a token.
        decoder_hidden_size: width of the decoder; a multiple of 4 and of its heads.
        decoder_num_layers: blocks of the decoder.
        decoder_num_heads: of the decoder.
        seed: of the first weights; None draws from torch's global generator, as any torch layer does.

    References:
        Masked Autoencoders, arXiv 2111.06377.
    """

    def __init__(
        self,
        in_channels: int = 1,
        patch_size: int = 16,
        hidden_size: int = 768,
        num_layers: int = 12,
        num_heads: int = 12,
        mlp_ratio: float = 4.0,
        decoder_hidden_size: int = 512,
        decoder_num_layers: int = 8,
        decoder_num_heads: int = 16,
        *,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.patch_size = patch_size
        with seeded(seed):
            self.encoder = ViTEncoder(in_channels, patch_size, hidden_size, num_layers, num_heads, mlp_ratio)
            self.decoder_embedding = _linear(hidden_size, decoder_hidden_size)
            self.mask_token = nn.Parameter(0.02 * torch.randn(1, 1, decoder_hidden_size))
            self.decoder = transformer_stack(decoder_hidden_size, decoder_num_layers, decoder_num_heads, mlp_ratio)
            self.decoder_norm = nn.LayerNorm(decoder_hidden_size, eps=1e-6)
            self.head = _linear(decoder_hidden_size, patch_size**2 * in_channels)

    def forward(self, image: Tensor, hidden: Tensor, n_hidden: int | None = None) -> Tensor:
        """Prediction of every patch from the visible ones.

        Args:
            image: (batch, in_channels, height, width), standardised; the patch divides both sides.
            hidden: (batch, patches), bool, True = hidden, patches row by row; each image hides the same number.
            n_hidden: that number, where the caller knows it: then nothing is counted, a GPU is not waited for, and shapes are
                static under `torch.compile`. It must be right; it is not checked. Counted and checked when left out.

        Returns:
            (batch, patches, patch_size**2 * in_channels), normalised pixels, in the order of `patchify`.

        Raises:
            ValueError: if the patch does not divide the image, or the mask has the wrong shape or type, hides every patch,
                or hides different numbers in different images.
        """
        rows, columns = patch_grid(image.shape[-2], image.shape[-1], self.patch_size)
        _check_mask(hidden, len(image), rows * columns)
        n_visible = _count_visible(hidden, n_hidden)
        visible = hidden.byte().argsort(dim=1, stable=True)[
            :, :n_visible
        ]  # False sorts first, in the order of the patches
        return self._decode(self.encoder.tokens(image, visible), visible, rows, columns)

    def _decode(self, tokens: Tensor, visible: Tensor, rows: int, columns: int) -> Tensor:
        tokens = self.decoder_embedding(tokens)
        width = tokens.shape[2]
        patches = self.mask_token.to(tokens.dtype).expand(len(tokens), rows * columns, -1)
        patches = patches.scatter(1, visible.unsqueeze(2).expand(-1, -1, width), tokens[:, 1:])
        positions = sincos_positions(rows, columns, width, cls_token=False, device=tokens.device)
        patches = patches + positions.to(self.mask_token.dtype)
        tokens = self.decoder(torch.cat([tokens[:, :1], patches], dim=1))
        return self.head(self.decoder_norm(tokens[:, 1:]))


def _check_mask(hidden: Tensor, batch: int, patches: int) -> None:
    if hidden.dtype != torch.bool:
        raise ValueError(f"hidden must be bool (True = hidden), got {hidden.dtype}.")
    if tuple(hidden.shape) != (batch, patches):
        raise ValueError(
            f"hidden must have the shape (batch, patches) = ({batch}, {patches}), got {tuple(hidden.shape)}."
        )


def _count_visible(hidden: Tensor, n_hidden: int | None) -> int:
    patches = hidden.shape[1]
    if n_hidden is None:
        fewest, most = (int(n) for n in hidden.sum(dim=1).aminmax())
        if fewest != most:
            raise ValueError(f"each image must hide the same number of patches, got between {fewest} and {most}.")
        n_hidden = most
    if not 0 <= n_hidden < patches:
        raise ValueError(f"at least one of {patches} patches must stay visible, got {n_hidden} hidden.")
    return patches - n_hidden


def _linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer

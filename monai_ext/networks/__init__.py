# SPDX-License-Identifier: Apache-2.0
"""Networks, and their weights in and out.

No file bears the name of a function that a configuration may name: a dotted `_target_` would find the file first.
"""

from .check_weights import check_weights
from .fold_rgb import fold_rgb
from .mae import MaskedAutoencoder
from .presets import masked_autoencoder, vit_encoder
from .seeded import seeded
from .transformer_stack import transformer_stack
from .unext import UNeXt
from .vit import ViTEncoder

__all__ = [
    "MaskedAutoencoder",
    "UNeXt",
    "ViTEncoder",
    "check_weights",
    "fold_rgb",
    "masked_autoencoder",
    "seeded",
    "transformer_stack",
    "vit_encoder",
]

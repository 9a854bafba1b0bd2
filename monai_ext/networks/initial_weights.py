# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from typing import Any, TypeVar

from torch import nn

from .encoder_file import load_pretrained_encoder
from .trained_file import load_trained
from .unext import UNeXt

__all__ = ["load_initial_weights"]

Network = TypeVar("Network", bound=nn.Module)


def load_initial_weights(network: Network, path: str | os.PathLike[str], **normalisation: Any) -> Network:
    """Give a network the weights that its fine-tuning starts from.

    Args:
        network: one with an `encoder`, which takes the weights of a pre-training; or a `UNeXt`, which takes those of a segmentor, whole.
        path: of the weights, see `load_pretrained_encoder` and `load_trained`.
        **normalisation: of the grey images, for RGB encoders, see `load_pretrained_encoder`.

    Returns:
        The network itself.

    Raises:
        FileNotFoundError, TypeError, ValueError: as `load_pretrained_encoder` and `load_trained`.
    """
    if isinstance(network, UNeXt):
        return load_trained(network, path)
    load_pretrained_encoder(getattr(network, "encoder", network), path, **normalisation)
    return network

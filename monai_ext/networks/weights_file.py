# SPDX-License-Identifier: Apache-2.0
"""Files of weights: safetensors, or a plain state dict of torch; neither can run code when it is read."""

from __future__ import annotations

import argparse
import os
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from ..ops import atomic_file

__all__ = ["read_weights", "write_weights"]

NESTS = ("model", "state_dict", "network")  # where training files keep the weights among other things


def read_weights(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Tensors of a file by name, on the CPU.

    `.safetensors` is read as such, any other name as a state dict of torch with `weights_only=True`, bare or under "model",
    "state_dict" or "network". What is no tensor is left out.

    Args:
        path: the file.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if the file is broken, or holds anything but tensors and plain values, or no tensor.
    """
    path = Path(path)
    if not path.is_file():
        there = (
            "are a folder; name the file in it"
            if path.is_dir()
            else "do not exist; check the path, or train them first"
        )
        raise FileNotFoundError(f"weights '{path}' {there}.")
    try:
        content = load_file(path) if path.suffix == ".safetensors" else _load_torch(path)
    except Exception as error:  # unpicklers raise about any kind on foreign bytes
        raise ValueError(
            f"weights '{path}' must be safetensors or a plain state dict of torch, which it is not, or not whole "
            f"({type(error).__name__}: {str(error).partition('. ')[0]}); save its tensors alone, by torch.save(network.state_dict(), path)."
        ) from error
    while nest := next((key for key in NESTS if isinstance(content.get(key), Mapping)), None):
        content = content[nest]
    tensors = {name: value for name, value in content.items() if isinstance(value, Tensor)}
    if not tensors:
        raise ValueError(f"weights '{path}' must hold tensors by name, got only {', '.join(map(str, content))}.")
    return tensors


def write_weights(weights: Mapping[str, Tensor], path: str | os.PathLike[str]) -> None:
    """Write tensors to a file, whole or not at all; its suffix tells the format as in `read_weights`.

    Args:
        weights: tensors by name, on any device.
        path: the file; its folder is made if missing.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with atomic_file(path) as temporary:
        if Path(path).suffix == ".safetensors":
            temporary.write_bytes(save(plain, {"format": "pt"}))  # save_file would let nobody else read it
        else:
            torch.save(plain, temporary)


def _load_torch(path: Path) -> Mapping:
    # Files of masked auto-encoders hold their command's arguments beside the weights: a plain record, which runs nothing.
    with torch.serialization.safe_globals([argparse.Namespace]):
        content = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(content, Mapping):
        raise pickle.UnpicklingError(f"it holds a {type(content).__name__}")
    return content

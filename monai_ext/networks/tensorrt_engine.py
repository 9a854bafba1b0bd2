# SPDX-License-Identifier: Apache-2.0
"""A network as a TensorRT engine, through MONAI."""

from __future__ import annotations

import os
from importlib.util import find_spec

import torch
from monai.networks import trt_compile
from torch import nn

__all__ = ["compile_tensorrt"]

_NEEDED = ("tensorrt", "polygraphy", "onnx", "onnxscript")


def compile_tensorrt(network: nn.Module, path: str | os.PathLike[str], *, precision: str = "fp16") -> nn.Module:
    """Let TensorRT answer in a network's place; MONAI's `trt_compile` alone would go on in torch after a warning.

    The engine is built at the first batch, which takes minutes, and kept as `<path>.plan`; weights newer than it make a new one. It is for the
    shape of that batch: with other sizes allowed, positions would be computed in float64, which TensorRT lacks.

    Args:
        network: on the GPU; changed in place.
        path: of its weights.
        precision: fp32, tf32, fp16 or bf16.

    Returns:
        The network itself.

    Raises:
        ImportError: without TensorRT and what it needs.
        RuntimeError: without a GPU.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"TensorRT needs {', '.join(missing)}, not installed; pip install tensorrt polygraphy 'monai_ext[export]', or leave "
            "inference_trt.json away."
        )
    if not torch.cuda.is_available():
        raise RuntimeError("TensorRT needs an NVIDIA GPU, there is none; leave inference_trt.json away.")
    return trt_compile(network.eval(), os.fspath(path), {"precision": precision})

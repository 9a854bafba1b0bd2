# SPDX-License-Identifier: Apache-2.0
"""Ways to run one trained network: each function takes a `Case` and gives what takes a batch (n, 1, height, width) to its logits."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from monai_ext.networks import export_onnx

__all__ = ["WAYS", "Case"]

Run = Callable[[Tensor], Tensor]


@dataclass
class Case:
    """What is run.

    Attributes:
        network: in evaluation mode, on its device.
        calibration: (1, 1, height, width) each, as the network sees them; int8 takes its ranges from them.
    """

    network: nn.Module
    calibration: Sequence[Tensor]
    folder: tempfile.TemporaryDirectory | None = None

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device

    def onnx_file(self) -> Path:
        """The file that `vasomim export` writes; made once."""
        if self.folder is None:
            self.folder = tempfile.TemporaryDirectory()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                export_onnx(self.network, Path(self.folder.name, "model.onnx"))
        return Path(self.folder.name, "model.onnx")


def eager(case: Case) -> Run:
    return case.network


def compiled(case: Case) -> Run:
    """A wrapper of its own: the network itself stays as it is, for the other ways."""
    return torch.compile(_Wrapped(case.network), dynamic=False)


def half(case: Case) -> Run:
    return _half(case, eager)


def half_compiled(case: Case) -> Run:
    return _half(case, compiled)


def onnx_runtime(case: Case) -> Run:
    _on_cpu(case)
    return _session(case.onnx_file())


def onnx_int8(case: Case) -> Run:
    """Convolutions and layers of tokens with weights in int8 a channel, and what enters them in uint8; attention, norms and the last
    convolution stay in float32. Weights take 7 bits: without VNNI, products of 8 overflow.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    _on_cpu(case)
    path = case.onnx_file().with_name("int8.onnx")
    quantize_static(
        case.onnx_file(), path, _Calibration(case.calibration), quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, op_types_to_quantize=["Conv", "MatMul", "Gemm"],
        nodes_to_exclude=_last_convolution(case.onnx_file()), extra_options={"MatMulConstBOnly": True},
    )  # fmt: skip
    return _session(path)


def torch_int8(case: Case) -> Run:
    """The layers of tokens alone, their inputs scaled as they come; torch has no dynamic int8 for convolutions."""
    from torch.ao.quantization import quantize_dynamic

    _on_cpu(case)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return quantize_dynamic(case.network, {nn.Linear}, dtype=torch.qint8)


WAYS: dict[str, Callable[[Case], Run]] = {
    "torch": eager,
    "bf16": half,
    "onnx": onnx_runtime,
    "onnx_int8": onnx_int8,
    "torch_int8": torch_int8,
    "compiled": compiled,
    "bf16_compiled": half_compiled,
}
"""By name; the slowest to build last."""


class _Wrapped(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return self.network(image)


class _Calibration:
    """What onnxruntime reads ranges from; None at the end."""

    def __init__(self, images: Sequence[Tensor]) -> None:
        self._images = iter(images)

    def get_next(self) -> dict | None:
        image = next(self._images, None)
        return None if image is None else {"image": image.cpu().numpy()}


def _half(case: Case, build: Callable[[Case], Run]) -> Run:
    if case.device.type == "cpu":
        raise ValueError("bf16 is for a GPU: most processors emulate it, a hundred times slower.")
    network = build(case)

    def run(image: Tensor) -> Tensor:
        with torch.autocast(image.device.type, torch.bfloat16):
            return network(image)

    return run


def _session(path: Path) -> Run:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    session = InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda image: torch.from_numpy(session.run(None, {"image": image.numpy()})[0])


def _last_convolution(path: Path) -> list[str]:
    """The head, which makes the logits."""
    import onnx

    return [node.name for node in onnx.load(path).graph.node if node.op_type == "Conv"][-1:]


def _on_cpu(case: Case) -> None:
    if case.device.type != "cpu":
        raise ValueError("it is for CPUs.")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it tells of every operator that it knows

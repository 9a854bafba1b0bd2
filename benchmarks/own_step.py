# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Events
from looped_mask import looped_mask
from matmul_attention import matmul_attention
from monai.bundle import ConfigParser
from monai.engines.utils import IterationEvents
from plain_unext import PlainUNeXt
from rgb_segmentor import rgb_segmentor
from same_batch import SameBatch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from monai_ext.data import DeviceDataLoader, collate_batch
from monai_ext.engines import PrepareFrames, PrepareMaskedBatch, compile_parts
from monai_ext.networks import load_segmentor
from monai_ext.ops import patch_distribution

__all__ = ["OwnStep"]

BUNDLE = Path(__file__).parents[1] / "bundles" / "vasomim_pretrain"
SEGMENTOR = BUNDLE / "models" / "segmentor.safetensors"
_LEFT_OUT = ("EpochProgressBar", "StopOnSignal")  # our table is on the screen, and Ctrl-C ends the benchmark
_ENDLESS = 1_000_000  # steps of the one epoch: what happens at its end is no part of a step


class OwnStep:
    """Steps of the pre-training bundle's own trainer, as configs/train.json builds it with its handlers, or without one of its techniques.

    Args:
        batch: raw frames as `FrameDataset` gives them; in pinned memory for a GPU.
        knobs: of train.json, by name; `device` is one.
        attention: "fused", or "matmul" for two matrix products and a softmax.
        masks: "sort", or "loop" for a Python loop over images.
        waits: read the loss at each step, for which the host waits.
        prefetch: copy the next batch to the device while this one is worked on.
        channels: 1, or 3 equal ones for network, losses and segmentor.
        segmentor: "own", "plain" for torch's default memory and batch norm after each convolution, or "channels_last" for maps in that memory.
    """

    def __init__(
        self,
        batch: Mapping[str, Tensor],
        knobs: Mapping[str, Any],
        *,
        attention: str = "fused",
        masks: str = "sort",
        waits: bool = False,
        prefetch: bool = True,
        channels: int = 1,
        segmentor: str = "own",
    ) -> None:
        parser = _parser({**knobs, "network_def#in_channels": channels, "segmentor_def": "$given_segmentor"})
        device = parser.get_parsed_content("device")
        parser.globals["given_segmentor"] = _segmentor(channels, segmentor, device)
        self.network, self.loss, self.prepare, self.trainer = (
            parser.get_parsed_content(name) for name in ("network_def", "loss", "prepare_batch", "train#trainer")
        )
        if parser.get_parsed_content("compile"):
            compile_parts([self.network, self.loss, self.prepare])
        if attention == "matmul":
            matmul_attention(self.network)
        if channels == 3:
            _repeat_channels(self.prepare.frames)
        if masks == "loop":
            self.trainer.prepare_batch = _LoopedMasks(self.prepare)
        if waits:
            self.trainer.add_event_handler(
                IterationEvents.LOSS_COMPLETED, lambda engine: engine.state.output["loss"].item()
            )
        data, options = SameBatch(batch, _ENDLESS), {"batch_size": len(batch["image"]), "collate_fn": collate_batch}
        self.trainer.data_loader = (
            DeviceDataLoader(data, device=device, **options) if prefetch else DataLoader(data, **options)
        )
        self.trainer.state.epoch_length = _ENDLESS
        self.trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: engine.interrupt())

    def __call__(self) -> None:
        """One step."""
        self.trainer.run()

    def close(self) -> None:
        """End the run, by one more step."""
        self.trainer.terminate(skip_completed=True)
        self.trainer.run()

    @property
    def optimizer(self):
        return self.trainer.optimizer

    @property
    def segmentor(self) -> nn.Module:
        return self.prepare.segmentor

    @property
    def losses(self) -> list[float]:
        """Of the latest step: the whole, its parts."""
        whole = self.trainer.state.output["loss"].detach()
        return [float(value) for value in (whole, *self.loss.parts.values())]


def _parser(knobs: Mapping[str, Any]) -> ConfigParser:
    parser = ConfigParser()
    parser.read_config(str(BUNDLE / "configs" / "train.json"))
    handlers = json.loads(json.dumps(parser["train#handlers"]))
    for handler in handlers:
        if isinstance(handler, dict) and handler["_target_"].endswith(_LEFT_OUT):
            handler["_disabled_"] = True
    parser.update({"bundle_root": str(BUNDLE), "train#handlers": handlers, **knobs})
    return parser


def _segmentor(channels: int, kind: str, device: torch.device) -> nn.Module:
    segmentor = load_segmentor(SEGMENTOR)
    segmentor = rgb_segmentor(segmentor) if channels == 3 else segmentor
    segmentor = (PlainUNeXt(segmentor) if kind == "plain" else segmentor).to(device)
    for weight in segmentor.parameters():
        if kind == "channels_last" and weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    return segmentor


def _repeat_channels(frames: PrepareFrames) -> None:
    grey = frames.images

    def images(*arguments: Any) -> tuple[Tensor, Tensor]:
        image, vessels = grey(*arguments)
        return image.repeat(1, 3, 1, 1), vessels

    frames.images = images


class _LoopedMasks:
    """A preparation whose masks are drawn once more, by a loop."""

    def __init__(self, prepare: PrepareMaskedBatch) -> None:
        self.prepare = prepare

    def __call__(self, *arguments: Any, **options: Any) -> tuple:
        image, targets, (_, n_hidden), keywords = self.prepare(*arguments, **options)
        share, knobs = patch_distribution(targets["guidance"], self.prepare.patch_size), ("mask_ratio", "guided_share")
        targets["hidden"] = looped_mask(share, **{name: getattr(self.prepare, name) for name in knobs})
        return image, targets, (targets["hidden"], n_hidden), keywords

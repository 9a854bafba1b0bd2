# SPDX-License-Identifier: Apache-2.0
"""Frames a second of trained networks by each way to run them, and what each way costs in quality.

Each way is timed in turn with plain torch, in one process, from a standardised frame of --frame pixels on the device to logits of that size
(resizing included, as `vasomim predict` does it), in batches and one at a time. Building (export, calibration, compilation) is not timed, but told. A row is
printed, and written to --json, as soon as it is known; a way that would begin after --seconds is left out and named.

With --weights the network is a trained one, and each way is judged by the Dice of its masks on the val images of --dataset_dir, at the threshold
beside the weights; int8 is calibrated on its training images. Without, weights are first ones, which are as fast, and images synthetic.

    python benchmarks/inference.py                                                         # UNeXt and the presets of the segmenter, CPU or GPU
    python benchmarks/inference.py --models unext --weights bundles/vasomim_seg/models/model.pt --image_size 384 --dataset_dir /data/arcade/syntax
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from inference_ways import WAYS, Case, Run
from machine import describe_machine
from timing import interleaved_medians
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from monai_ext.data import LabelledImages, labelled_items
from monai_ext.inferers import AngiogramInferer
from monai_ext.metrics import SegmentationQuality
from monai_ext.networks import load_trained, stored_threshold, vessel_segmenter, weights_facts
from monai_ext.ops import atomic_file
from monai_ext.transforms import LogitsToMask

MEAN, STD = 0.45, 0.18  # as in bundles/vasomim_seg/configs/inference.json
MODELS = ("unext", "tiny", "small", "base")
PRETRAINED_GRID = 14
HEAD = f"{'model':6} {'way':14} {'frames/s':>9} {'times torch':>12} {'ms for one':>11} {'times torch':>12} {'built in s':>11} {'largest difference':>19} {'pixels that differ':>19} {'Dice':>7} {'change':>8}"


def main() -> None:
    arguments = read_arguments()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)
    print(describe_machine())
    clock = ", a second is one of the processor" if arguments.processor_time else ""
    print(
        f"frames of {arguments.frame} px, seen at {arguments.image_size} px, batches of {arguments.batch}, {device}{clock}"
    )
    end, rows = time.perf_counter() + arguments.seconds, []
    for model in arguments.models:
        bench = Bench(arguments, model, device)
        print(f"\n{model}: {bench.gflop:.1f} GFLOP a frame\n{HEAD}", flush=True)
        for way in arguments.ways:
            if time.perf_counter() > end:
                print(f"{model:6} {way:14} left out, --seconds {arguments.seconds} are over")
                continue
            row = bench.row(way)
            print(told(row), flush=True)
            rows.append(row)
            write(arguments, rows)


class Bench:
    """A network, and what each way of it is compared on."""

    def __init__(self, arguments: argparse.Namespace, model: str, device: torch.device) -> None:
        self.arguments, self.model = arguments, model
        self.network = network_of(arguments, model).eval().to(device)
        self.inferer = AngiogramInferer(arguments.image_size, self.network.patch_size)
        self.images, calibration = images_of(arguments)
        self.frames = noise(arguments.batch, arguments.frame).to(device)
        self.case = Case(self.network, [self._seen(image).to(device) for image in calibration])
        self.mask_of = LogitsToMask(stored_threshold(arguments.weights) if arguments.weights else 0.5)
        with FlopCounterMode(display=False) as counter, torch.inference_mode(), plain_attention():
            self.network(self._seen(self.frames[:1].cpu()).to(device))
        self.gflop = counter.get_total_flops() / 1e9
        self.plain = self._answers(self.network)

    @torch.inference_mode()
    def row(self, way: str) -> dict[str, Any]:
        row: dict[str, Any] = {"model": self.model, "way": way, "gflop": self.gflop}
        start = time.perf_counter()
        try:
            run = WAYS[way](self.case)
            self._call(run, self.frames[:1])
        except (ImportError, ValueError) as error:
            return row | {"left_out": str(error)}
        return row | {"build_seconds": time.perf_counter() - start} | self._speed(run) | self._quality(run)

    def _speed(self, run: Run) -> dict[str, float]:
        """Of batches, and of one frame at a time."""
        speed = {}
        for name, frames in (("batch", self.frames), ("one", self.frames[:1])):
            calls = [partial(self._call, network, frames) for network in (self.network, run)]
            plain, own = interleaved_medians(calls, self.arguments.repeats, clock_of(self.arguments))
            speed |= {f"{name}_frames_per_second": len(frames) / own, f"{name}_times_torch": plain / own}
        return speed

    def _quality(self, run: Run) -> dict[str, float]:
        answers = self._answers(run)
        difference = max((b - a).abs().max().item() for a, b in zip(self.plain, answers, strict=True))
        masks, plain = ([self.mask_of(one[0]) for one in each] for each in (answers, self.plain))
        differ = np.mean([(a != b).float().mean().item() for a, b in zip(plain, masks, strict=True)])
        quality = {"largest_difference": difference, "share_of_pixels_that_differ": float(differ)}
        if self.arguments.weights:
            dices = [self._dice(each) for each in (plain, masks)]
            quality |= {"dice": dices[1], "dice_change": dices[1] - dices[0]}
        return quality

    def _dice(self, masks: list[Tensor]) -> float:
        quality = SegmentationQuality(measures=("dice",))
        quality.update((masks, [item["label"] for item in self.images]))
        quality.compute()
        return float(np.nanmean([row["dice"] for row in quality.rows]))

    @torch.inference_mode()
    def _answers(self, run: Run) -> list[Tensor]:
        """Logits of each image, on the CPU."""
        device = self.frames.device
        return [self._call(run, item["image"][None].to(device)).cpu() for item in self.images]

    def _call(self, run: Run, frames: Tensor) -> Tensor:
        logits = self.inferer(frames, run)
        if frames.is_cuda:
            torch.cuda.synchronize()
        return logits

    def _seen(self, image: Tensor) -> Tensor:
        """As the network sees it."""
        kept: list[Tensor] = []
        self.inferer(image, lambda seen: kept.append(seen) or seen)
        return kept[0]


def network_of(arguments: argparse.Namespace, model: str) -> torch.nn.Module:
    facts = weights_facts(arguments.weights) if arguments.weights else {}
    grid = None if model == "unext" else facts.get("position_grid", PRETRAINED_GRID)
    network = vessel_segmenter(model, position_grid=grid, seed=0)
    return load_trained(network, arguments.weights) if arguments.weights else network


def images_of(arguments: argparse.Namespace) -> tuple[list[dict[str, Tensor]], list[Tensor]]:
    """Those to compare on, and those to calibrate with: val and train; noise if there are no trained weights to judge."""
    if not arguments.weights:
        frames = noise(1 + arguments.calibration, arguments.frame)[:, None]
        return [{"image": frames[0, 0]}], list(frames[1:])
    val, train = (
        LabelledImages(labelled_items(arguments.dataset_dir, split=split), mean=MEAN, std=STD)
        for split in ("val", "train")
    )
    step = max(1, len(train) // arguments.calibration)
    chosen = range(0, len(train), step)[: arguments.calibration]
    return [val[i] for i in range(len(val))], [train[i]["image"][None] for i in chosen]


def noise(count: int, side: int) -> Tensor:
    """(count, 1, side, side), standard normal."""
    return torch.randn(count, 1, side, side, generator=torch.Generator().manual_seed(0))


def clock_of(arguments: argparse.Namespace) -> Callable[[], float]:
    return time.process_time if arguments.processor_time else time.perf_counter


def plain_attention() -> Any:
    """The counter knows attention as products of matrices."""
    return torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)


def told(row: dict[str, Any]) -> str:
    start = f"{row['model']:6} {row['way']:14}"
    if "left_out" in row:
        return f"{start} left out: {row['left_out']}"
    dice = f"{row['dice']:7.4f} {row['dice_change']:+8.4f}" if "dice" in row else f"{'-':>7} {'-':>8}"
    return (
        f"{start} {row['batch_frames_per_second']:9.2f} {row['batch_times_torch']:12.2f} {1e3 / row['one_frames_per_second']:11.1f} "
        f"{row['one_times_torch']:12.2f} {row['build_seconds']:11.1f} {row['largest_difference']:19.1e} {row['share_of_pixels_that_differ']:19.1e} {dice}"
    )


def write(arguments: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    if arguments.json:
        asked = {
            name: getattr(arguments, name)
            for name in ("frame", "image_size", "batch", "device", "repeats", "processor_time")
        }
        with atomic_file(arguments.json) as temporary:
            temporary.write_text(json.dumps({"machine": describe_machine(), **asked, "rows": rows}, indent=1) + "\n")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add: Callable[..., Any] = parser.add_argument
    add("--models", nargs="+", default=MODELS, choices=(*MODELS, "large"), help="names of networks")
    add(
        "--ways",
        nargs="+",
        default=list(WAYS),
        choices=list(WAYS),
        help="what to compare; those of no use on the device say so",
    )
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu", help="a GPU where there is one")
    add("--threads", type=int, help="of the CPU; torch's own choice")
    add("--frame", type=int, default=512, help="side of the frames in pixels (512)")
    add("--image_size", type=int, default=512, help="longer side that the network sees (512)")
    add("--batch", type=int, default=2, help="frames at a time (2)")
    add("--repeats", type=int, default=5, help="timed calls of each, taken in turn (5)")
    add("--seconds", type=float, default=600, help="no way begins later (600)")
    add(
        "--processor_time",
        action="store_true",
        help="on a CPU that others use, too: seconds of the processor that the process has had; with --threads 1",
    )
    add("--weights", help="trained ones, of the one model that is named")
    add("--dataset_dir", nargs="+", help="labelled images, as in the bundle; left out: synthetic angiograms")
    add("--calibration", type=int, default=32, help="images that int8 takes its ranges from (32)")
    add("--json", type=Path, help="file for the rows")
    arguments = parser.parse_args()
    if arguments.processor_time and (arguments.device != "cpu" or arguments.threads != 1):
        parser.error("--processor_time needs --device cpu --threads 1.")
    if arguments.weights and len(arguments.models) != 1:
        parser.error("--weights belong to one network; name it by --models.")
    return arguments


if __name__ == "__main__":
    main()

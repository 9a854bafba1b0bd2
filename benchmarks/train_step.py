# SPDX-License-Identifier: Apache-2.0
"""A step of pre-training: the published way, ours, and ours without each of its techniques, on the same frames in one process.

Ours is the trainer of bundles/vasomim_pretrain/configs/train.json with its handlers, from raw frames in host memory to new weights: crops are part of its step. The
published way is written out in published_step.py; it gets crops that are ready, three equal channels each, so that its step is shorter than in life.

    python benchmarks/train_step.py                            # two minutes on two cores: a tiny network
    python benchmarks/train_step.py --seconds 300 --profile    # on a GPU: ViT-B/16, batch 256

Rounds of all ways are taken in turn, medians are shown. Compiling is not counted. Utilisation: operations that the method needs (step_flops.py; those of
one channel in every row) over what the device can do. Memory: weights, gradients, moments and segmentor, and what a step takes on top.
The speed of a way is printed as soon as it is known, --out written after each round. A way that would not be ready in time is not begun.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path

import psutil
import torch
from machine import describe_machine
from own_step import SEGMENTOR, OwnStep
from peak_flops import peak_flops
from published_step import PublishedStep
from step_flops import step_flops
from step_phases import step_phases
from step_profile import step_profile
from step_way import StepWay
from torch import Tensor

from monai_ext.data import open_frames
from monai_ext.engines import PrepareFrames
from monai_ext.networks import load_segmentor, masked_autoencoder
from monai_ext.ops import atomic_file

PUBLISHED, OURS = "published way", "ours"
PROFILE = 15  # seconds kept for --profile
DISTINCT = 16  # frames that are drawn; a batch repeats them


class Bench:
    """All ways, measured in turn until the time is over."""

    def __init__(self, options: argparse.Namespace, folder: str) -> None:
        self.options, self.folder, self.profiles = options, folder, {}
        self.batch = raw_batch(options, folder)
        self.flop = needed(options)
        self.peak, self.peak_source = peak_flops(options.device, options.clock)
        self.ways = [StepWay(name, build, False, options) for name, build in self._same_code().items()]
        self.ways += [StepWay(name, build, options.compile, options) for name, build in self._other_code().items()]

    def run(self) -> None:
        """Print and write as it goes."""
        for way in self.ways:
            if self._left > self._expected(way) + 2 * self._round + self._tail:
                way.get_ready()
        self.write()
        for _ in range(self.options.rounds):
            if self._left < self._round + self._tail:
                break
            for way in self.ready:
                way.round()
            self.write()

    def profile(self) -> None:
        """Where the time of ours goes, and of the published way if time is left."""
        for way in sorted(self.ready[:2], key=lambda way: way.name != OURS):
            start = time.perf_counter()
            if way.name == OURS:
                self._show("ours, by part", step_phases(way.step, way.device))
            profile = step_profile(way.step, way.device)
            self._show(f"{way.name}, by kind of work", profile["work"])
            self._show(f"{way.name}, dearest", profile["dearest"], sum(profile["work"].values()))
            self.write()
            if self._left < 2 * (time.perf_counter() - start):
                break

    def _show(self, name: str, seconds: dict[str, float], whole: float | None = None) -> None:
        """Print a profile and keep it."""
        self.profiles[name], whole = seconds, whole or sum(seconds.values())
        lines = [f"| {what[:90]} | {spent * 1e3:.2f} ms | {spent / whole:.1%} |" for what, spent in seconds.items()]
        print("\n".join([f"\n| {name} | time of a step | share |\n|---|---|---|", *lines]), flush=True)

    @property
    def ready(self) -> list[StepWay]:
        return [way for way in self.ways if way.step]

    @property
    def _left(self) -> float:
        """Seconds; the first ones went into imports."""
        return self.options.seconds - (time.time() - psutil.Process().create_time())

    @property
    def _round(self) -> float:
        """Seconds of a round of all."""
        return sum(way.seconds[-1] * way.steps for way in self.ready)

    @property
    def _tail(self) -> float:
        return PROFILE * self.options.profile

    def _expected(self, way: StepWay) -> float:
        """Seconds to get ready: twice those of ours if it compiles, else those of the published way."""
        known = {other.name: other.ready for other in self.ways}
        return 2 * known[OURS] if way.compiles else known[PUBLISHED]

    @cached_property
    def task(self) -> str:
        """What is done, in one line."""
        parts = ", ".join(f"{part} {flop / 1e9:.2f}" for part, flop in self.flop.items())
        o, compiled = self.options, ", compiled" if self.options.compile else ""
        size = f"{o.model}, {o.image_size} px, batch {o.batch}, ours in {o.precision}{compiled}"
        return f"{size}; {sum(self.flop.values()) / 1e9:.2f} GFLOP an image ({parts}); at most {self.peak_source}"

    def facts(self) -> list[dict]:
        return [way.facts(sum(self.flop.values()), self.peak) for way in self.ways]

    def write(self) -> None:
        options = {name: getattr(value, "__name__", str(value)) for name, value in vars(self.options).items()}
        content = {"machine": describe_machine(), "task": self.task, "options": options, "flop_per_image": self.flop}
        content |= {"peak_flop_per_second": self.peak, "ways": self.facts(), "profiles": self.profiles}
        self.options.out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(self.options.out) as temporary:
            Path(temporary).write_text(json.dumps(content, indent=2) + "\n")

    def table(self) -> str:
        facts = self.facts()
        published = facts[0].get("images_per_second", float("nan"))
        head = "| way | images/s | times the published | utilisation | peak memory, GB (held + step) |\n|---|---|---|---|---|"
        return "\n".join([head, *(row(fact, published) for fact in facts)])

    def _same_code(self) -> dict[str, Callable]:
        """Ways that run what is compiled for ours, or nothing compiled."""
        o, own = self.options, self._own
        crops = PrepareFrames(image_size=o.image_size, mean=0.45, std=0.18)(self.batch, o.device)
        return {
            PUBLISHED: partial(PublishedStep, o.model, *crops, load_segmentor(SEGMENTOR), o.device),
            OURS: own(),
            "ours, AdamW not fused": own({"optimizer#fused": False}),
            "ours, loss read each step": own(waits=True),
            **({"ours, batch not fetched ahead": own(prefetch=False)} if o.device.type == "cuda" else {}),
            "ours, masks by a loop": own(masks="loop"),
            **({"ours, not compiled": own({"compile": False})} if o.compile else {}),
        }

    def _other_code(self) -> dict[str, Callable]:
        """Ways that must be compiled for themselves."""
        own, memory = self._own, "channels_last" if self.options.device.type == "cuda" else "plain"
        return {
            "ours, attention by matmul and softmax": own(attention="matmul"),
            f"ours, S {memory}": own(segmentor=memory),
            "ours, three channels": own(channels=3),
            **({"ours, fp32": own({"precision": "fp32"})} if self.options.precision != "fp32" else {}),
        }

    def _own(self, changed: dict | None = None, **choices) -> Callable[[], OwnStep]:
        o = self.options
        size = {"model": o.model, "image_size": o.image_size, "batch_size": o.batch, "device_batch_size": o.batch}
        frames = {"phantom_count": min(o.batch, DISTINCT), "frame_size": o.frame_size}
        folders = {"cache_dir": f"{self.folder}/cache", "output_dir": f"{self.folder}/run"}
        share = {"guided_share_start": 0.25, "guided_share_end": 0.25}
        run = {"precision": o.precision, "compile": o.compile, "device": o.device}
        return partial(OwnStep, self.batch, {**size, **frames, **folders, **share, **run, **(changed or {})}, **choices)


def row(facts: dict, published: float) -> str:
    if "note" in facts:
        return f"| {facts['way']} | {facts['note']} | | | |"
    speed = (
        f"{facts['images_per_second']:.1f} | {facts['images_per_second'] / published:.2f} | {facts['utilisation']:.1%}"
    )
    return f"| {facts['way']} | {speed} | {facts['peak_gb']:.2f} ({facts['held_gb']:.2f} + {facts['step_gb']:.2f}) |"


def needed(options: argparse.Namespace) -> dict[str, float]:
    with torch.device("meta"):
        network = masked_autoencoder(options.model)
    return step_flops(network, load_segmentor(SEGMENTOR), (options.image_size, options.image_size))


def raw_batch(options: argparse.Namespace, folder: str) -> dict[str, Tensor]:
    count = min(options.batch, DISTINCT)
    frames = open_frames(None, phantom_count=count, size=options.frame_size, cache_dir=f"{folder}/cache")
    batch = frames.__getitems__([number % count for number in range(options.batch)])
    pin = options.device.type == "cuda"
    return {name: tensor.pin_memory() if pin else tensor for name, tensor in batch.items()}


def main() -> None:
    options = read_arguments()
    torch._dynamo.config.recompile_limit = 64  # each way may compile the same functions anew
    print(describe_machine(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, folder)
        print(bench.task, flush=True)
        bench.run()
        print(f"\n{bench.table()}", flush=True)
        if options.profile:
            bench.profile()
        for way in bench.ready:
            way.step.close()


def read_arguments() -> argparse.Namespace:
    cuda = torch.cuda.is_available()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", type=torch.device, default="cuda" if cuda else "cpu", help="where to train")
    parser.add_argument("--model", default="base" if cuda else "tiny", help="tiny, small, base, large or huge")
    parser.add_argument("--image_size", type=int, default=224, help="side of a crop in pixels, a multiple of 32")
    parser.add_argument("--frame_size", type=int, default=512, help="side of a raw frame in pixels")
    parser.add_argument("--batch", type=int, default=256 if cuda else 8, help="images of a step")
    parser.add_argument("--precision", default="bf16" if cuda else "fp32", help="of ours: fp32, bf16 or fp16")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=cuda, help="ours by torch.compile")
    parser.add_argument("--steps", type=int, default=5 if cuda else 1, help="steps of a round")
    parser.add_argument("--rounds", type=int, default=9, help="rounds at most, after the first")
    parser.add_argument(
        "--seconds",
        type=float,
        default=300 if cuda else 100,
        help="from the start of Python; what would take longer is left out",
    )
    parser.add_argument(
        "--processor_time",
        dest="clock",
        action="store_const",
        const=time.process_time,
        default=time.perf_counter,
        help="on a CPU that others use, too: seconds of this process's processor, with OMP_NUM_THREADS=1",
    )
    parser.add_argument("--profile", action="store_true", help="also say where the time goes")
    parser.add_argument("--out", type=Path, default=Path("runs/bench/train_step.json"), help="JSON file to write")
    options = parser.parse_args()
    if options.clock is time.process_time and options.device.type != "cpu":
        parser.error("--processor_time is for a CPU; leave it out.")
    return options


if __name__ == "__main__":
    main()

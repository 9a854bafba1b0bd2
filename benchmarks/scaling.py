# SPDX-License-Identifier: Apache-2.0
"""What pre-training costs on 1, 8 and 64 GPUs: measured on what is at hand, modelled for the rest, with the model's error where both are there.

`measure` writes a JSON file after each thing measured: steps of the bundle's own trainer with several micro-batches, its parts, the loader,
the checkpoint, and with --processes steps of several processes on this machine. `table` reads such a file, models XA-170K (171,478 frames, 800
epochs, a batch of 2048) and prints Markdown. How the model works: `cost_model.py`. docs/scaling.md holds the outcome.

    python benchmarks/scaling.py measure --out benchmarks/measured/cpu.json [--model tiny --micro_batches 4 8 16 --processes 2 4]
    python benchmarks/scaling.py table benchmarks/measured/h200.json [--gpus 1 8 64]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from bundle_steps import BundleSteps
from corpus_loader import write_synthetic
from cost_model import CostModel, Link
from machine import describe_machine
from parallel_steps import parallel_steps
from timing import interleaved_medians

from monai_ext.ops import atomic_file

ROUNDS = 7


def measure(arguments: argparse.Namespace) -> None:
    """Everything, in the order of its worth: what time runs out for is left out."""
    until, cuda = time.monotonic() + arguments.seconds, torch.cuda.is_available()
    torch.set_num_threads(torch.get_num_threads() if cuda else 1)
    measured = {"machine": describe_machine(), "device": "cuda" if cuda else "cpu"}
    measured |= {name: getattr(arguments, name) for name in ("model", "image_size", "compile")}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        corpus = Path(name, "corpus")
        write_synthetic(corpus, arguments.frames, 512)
        knobs = {"dataset_dir": str(corpus), "output_dir": name, "base_rate": 1e-5}
        knobs |= {name: getattr(arguments, name) for name in ("model", "image_size", "compile")}
        for found in _findings(arguments, knobs):
            measured |= {
                key: [*measured.get(key, []), *new] if isinstance(new, list) else new for key, new in found.items()
            }
            print(json.dumps(found), flush=True)
            with atomic_file(arguments.out) as temporary:
                temporary.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
            if time.monotonic() > until:
                print(f"--seconds {arguments.seconds} are over; the rest is left out", flush=True)
                break


def _findings(arguments: argparse.Namespace, knobs: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One after another: keys of the file and what they get."""
    sizes = sorted(arguments.micro_batches)
    steps = {size: BundleSteps(batch_size=size, **knobs) for size in sizes}
    largest = steps[sizes[-1]]
    yield {"parts": largest.parts(ROUNDS), "gradient_bytes": _gradient_bytes(largest)}
    yield {"steps": _step_rows(steps)}
    yield {"checkpoint": _checkpoint(largest)}
    for workers in arguments.workers:
        yield {"loader": [_loader_row(BundleSteps(batch_size=64, workers=workers, **knobs), workers)]}
    for processes in arguments.processes:
        row = {"processes": processes, "micro_batch": sizes[0]}
        yield {"together": [row | parallel_steps(processes, ROUNDS, batch_size=sizes[0], **knobs)]}


def _step_rows(steps: Mapping[int, BundleSteps]) -> list[dict[str, float]]:
    """Each micro-batch alone in a step, and the largest twice."""
    points = [(size, 1) for size in steps] + [(max(steps), 2)]
    calls = [partial(steps[size].run, accumulation, accumulation) for size, accumulation in points]
    medians = interleaved_medians(calls, ROUNDS)
    return [
        {"micro_batch": size, "accumulation": accumulation, "seconds": seconds}
        for (size, accumulation), seconds in zip(points, medians, strict=True)
    ]


def _gradient_bytes(steps: BundleSteps) -> int:
    return sum(parameter.numel() * 4 for parameter in steps.trainer.network.parameters() if parameter.requires_grad)


def _checkpoint(steps: BundleSteps) -> dict[str, float]:
    """A whole one as the training writes it: network, optimiser, engine, configuration, sum."""
    checkpoint = steps.parser.get_parsed_content("checkpoint")
    start = time.perf_counter()
    checkpoint(steps.trainer)
    return {"seconds": time.perf_counter() - start, "bytes": checkpoint.path.stat().st_size}


def _loader_row(steps: BundleSteps, workers: int) -> dict[str, float]:
    """Frames a second of an epoch, less the start of the workers; copied to the device, not used."""
    batches = iter(steps.parser.get_parsed_content("train#dataloader"))
    next(batches)
    start = time.perf_counter()
    frames = sum(len(batch["image"]) for batch in batches)
    return {"workers": workers, "frames_per_second": frames / (time.perf_counter() - start)}


def table(arguments: argparse.Namespace) -> None:
    """The model against what was measured, then what it says of the whole corpus."""
    measured = _assumed(arguments) | json.loads(Path(arguments.file).read_text(encoding="utf-8"))
    model = CostModel.of(measured)
    print(f"{measured['machine']}; {measured['model']}, {measured['image_size']} px, compile {measured['compile']}\n")
    print("| measured | seconds | modelled | error |\n|---|---|---|---|")
    for name, seconds, modelled in _judged(model, measured):
        print(f"| {name} | {seconds:.4g} | {modelled:.4g} | {100 * (modelled / seconds - 1):+.1f} % |")
    print(f"\n| GPUs | {' | '.join(COLUMNS)} |\n|{'---|' * (1 + len(COLUMNS))}")
    for gpus in arguments.gpus:
        print(f"| {gpus} | {' | '.join(_row(model, measured, gpus, arguments))} |")


def _assumed(arguments: argparse.Namespace) -> dict[str, Any]:
    """For files that lack it."""
    return {
        "loader": [{"frames_per_second": arguments.frames_per_second}],
        "checkpoint": {"seconds": arguments.checkpoint_seconds},
    }


def _judged(model: CostModel, measured: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """Name, measured and modelled seconds of each point that is there."""
    for row in sorted(measured["steps"], key=lambda row: (row["accumulation"], row["micro_batch"])):
        cost = model.step(row["micro_batch"], row["accumulation"], 1, Link(1))
        yield f"{row['accumulation']} x {row['micro_batch']} images", row["seconds"], cost.seconds
    rows = measured.get("together", [])
    for row in rows:
        # The first number of processes tells the rate of the ring; the cores that they share are measured, not modelled.
        link = Link(rate=_ring_rate(model, rows[0]))
        sending = link.all_reduce(model.gradients, row["processes"])
        if row is not rows[0]:
            yield f"all-reduce of {row['processes']} processes", row["all_reduce"], sending
        yield f"step of {row['processes']} processes", row["step"], row["alone"] + sending


def _ring_rate(model: CostModel, row: Mapping[str, Any]) -> float:
    n = row["processes"]
    return 2 * (n - 1) / n * model.gradients / row["all_reduce"]


COLUMNS = (
    "images a GPU", "compute", "all-reduce", "waited for", "data", "step", "images/s", "efficiency", "checkpoints", "whole run", "GPU hours",
)  # fmt: skip


def _row(model: CostModel, measured: Mapping[str, Any], gpus: int, arguments: argparse.Namespace) -> list[str]:
    share = arguments.batch_size // gpus
    accumulation = -(-share // arguments.device_batch_size)
    images = share // accumulation
    link = Link(arguments.node_rate if gpus <= arguments.node else arguments.network_rate, arguments.latency)
    cost = model.step(images, accumulation, gpus, link)
    steps = arguments.frames // arguments.batch_size * arguments.epochs
    saving = (arguments.checkpoints or arguments.epochs) * measured["checkpoint"]["seconds"]
    hours = (steps * cost.seconds + saving) / 3600
    ideal = model.step(*_alone(arguments), 1, link).seconds / gpus
    return [
        f"{accumulation} x {images}", *(f"{1e3 * value:.0f} ms" for value in (cost.compute, cost.communication, cost.waiting, cost.data, cost.seconds)),
        f"{arguments.batch_size / cost.seconds:,.0f}", f"{100 * ideal / cost.seconds:.0f} %", f"{saving / 60:.0f} min", f"{hours:.1f} h", f"{hours * gpus:.0f}",
    ]  # fmt: skip


def _alone(arguments: argparse.Namespace) -> tuple[int, int]:
    accumulation = -(-arguments.batch_size // arguments.device_batch_size)
    return arguments.batch_size // accumulation, accumulation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    cuda = torch.cuda.is_available()
    one = verbs.add_parser("measure", help="what is at hand")
    one.add_argument("--out", required=True, help="the file to write")
    one.add_argument("--model", default="base" if cuda else "tiny")
    one.add_argument("--image_size", type=int, default=224 if cuda else 96)
    one.add_argument("--micro_batches", type=int, nargs="+", default=[32, 64, 128, 256] if cuda else [4, 8, 16])
    one.add_argument(
        "--processes", type=int, nargs="*", default=[] if torch.cuda.device_count() < 2 else [torch.cuda.device_count()]
    )
    one.add_argument("--workers", type=int, nargs="+", default=[0, 4, 8] if cuda else [0])
    one.add_argument("--compile", action="store_true")
    one.add_argument("--frames", type=int, default=2048, help="of the synthetic corpus, 0.3 MB each")
    one.add_argument("--folder", help="where corpus and checkpoint are written; removed at the end")
    one.add_argument("--seconds", type=float, default=600, help="nothing new is begun after that time")
    one.set_defaults(work=measure)
    two = verbs.add_parser("table", help="what it means for a corpus")
    two.add_argument("file", help="that measure wrote")
    two.add_argument("--gpus", type=int, nargs="+", default=[1, 8, 64])
    two.add_argument("--frames", type=int, default=171_478)
    two.add_argument("--epochs", type=int, default=800)
    two.add_argument("--batch_size", type=int, default=2048)
    two.add_argument("--device_batch_size", type=int, default=256)
    two.add_argument("--node", type=int, default=8, help="GPUs of a node")
    two.add_argument(
        "--node_rate", type=float, default=300e9, help="bytes/s that a GPU sends inside a node; NVLink 4, assumed"
    )
    two.add_argument(
        "--network_rate",
        type=float,
        default=40e9,
        help="bytes/s that a GPU sends to other nodes; 400 Gb/s a GPU, assumed",
    )
    two.add_argument(
        "--frames_per_second", type=float, default=5000, help="of a process's loader, where the file has none"
    )
    two.add_argument("--checkpoint_seconds", type=float, default=4, help="of writing one, where the file has none")
    two.add_argument("--checkpoints", type=int, help="how many are written; one an epoch when left out")
    two.add_argument("--latency", type=float, default=5e-6, help="seconds of a message, assumed")
    two.set_defaults(work=table)
    arguments = parser.parse_args()
    arguments.work(arguments)


if __name__ == "__main__":
    main()

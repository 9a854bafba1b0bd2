#!/usr/bin/env python
# SPDX-License-Identifier: Apache-2.0
"""Does a long run grow? 2,000 steps of the pre-training bundle with all its handlers: memory of the host and the device, Python objects, open files.

    python benchmarks/long_run.py [--steps 2000] [--model tiny --image_size 224 --batch_size 64]

A line every twentieth of the run. The last lines compare the last quarter with the second, when the caches of all parts are full; the code is 1 if
something has grown by more than its limit. The default network is far smaller than any preset: what leaks, leaks in it, too.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

import torch
from ignite.engine import Engine, Events
from machine import describe_machine
from monai.bundle import ConfigParser

BUNDLE = Path(__file__).parents[1] / "bundles" / "vasomim_pretrain"
LIMITS = {"host MB": 4.0, "device MB": 1.0, "objects": 500.0, "files": 0.0}
"""What may be added between the second and the last quarter: curves and reports grow by a row an epoch."""
MICRO = {
    "_target_": "monai_ext.networks.MaskedAutoencoder", "hidden_size": 16, "num_layers": 2, "num_heads": 2,
    "decoder_hidden_size": 16, "decoder_num_layers": 1, "decoder_num_heads": 2, "seed": 0,
}  # fmt: skip


def main() -> int:
    options = read_options()
    print(describe_machine())
    with tempfile.TemporaryDirectory() as folder:
        readings = run(options, Path(folder))
    if options.out:
        options.out.write_text(json.dumps({"machine": describe_machine(), "readings": readings}, indent=1))
    return max(judge(name, [reading[name] for reading in readings]) for name in LIMITS)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--frames", type=int, default=50, help="phantoms; an epoch shows each once")
    parser.add_argument("--frame_size", type=int, default=64)
    parser.add_argument("--image_size", type=int, default=64)
    parser.add_argument("--batch_size", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--model", help="a preset instead of the micro network")
    parser.add_argument("--cache_dir", help="of the prepared phantoms; a temporary folder when left out")
    parser.add_argument("--out", type=Path, help="a JSON file of the readings")
    return parser.parse_args()


def run(options: argparse.Namespace, folder: Path) -> list[dict[str, float]]:
    """The configuration's own `initialize` and `run`, with a probe on its trainer."""
    parser = ConfigParser()
    parser.read_config([str(BUNDLE / "configs" / "train.json")])
    parser.update(knobs(options, folder))
    parser.get_parsed_content("initialize")
    readings: list[dict[str, float]] = []
    trainer = parser.get_parsed_content("train#trainer")
    trainer.add_event_handler(Events.ITERATION_COMPLETED(every=max(1, options.steps // 20)), probe, readings)
    parser.get_parsed_content("run")
    return readings


def knobs(options: argparse.Namespace, folder: Path) -> dict:
    steps = max(1, options.frames // options.batch_size)
    names = ("frame_size", "image_size", "batch_size", "workers")
    return {name: getattr(options, name) for name in names} | {
        "bundle_root": str(BUNDLE),
        "phantom_count": options.frames,
        "epochs": max(1, options.steps // steps),
        "device_batch_size": options.batch_size,
        "checkpoint_every": 2,
        "picture_every": 4,
        "output_dir": str(folder),
        "encoder_file": str(folder / "model.pt"),
        "cache_dir": options.cache_dir or str(folder / "cache"),
        **({"model": options.model} if options.model else {"network_def": MICRO}),
    }


def probe(engine: Engine, readings: list[dict[str, float]]) -> None:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what the C library keeps for later is no growth
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    reading = {
        "host MB": pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        "device MB": torch.cuda.memory_allocated() / 1e6 if torch.cuda.is_available() else 0.0,
        "objects": float(len(gc.get_objects())),
        "files": float(len(os.listdir("/proc/self/fd"))),
    }
    print(
        f"step {engine.state.iteration}: " + ", ".join(f"{value:.1f} {name}" for name, value in reading.items()),
        flush=True,
    )
    readings.append(reading)


def judge(name: str, values: list[float]) -> int:
    """1 if the last quarter lies above the second by more than the limit."""
    quarter = len(values) // 4
    early, late = statistics.median(values[quarter : 2 * quarter]), statistics.median(values[-quarter:])
    grows = late - early > LIMITS[name]
    print(f"{name}: {early:.1f} in the second quarter, {late:.1f} in the last: {'GROWS' if grows else 'flat'}")
    return int(grows)


if __name__ == "__main__":
    sys.exit(main())

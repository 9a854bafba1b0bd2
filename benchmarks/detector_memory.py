# SPDX-License-Identifier: Apache-2.0
"""Memory and time of the detector on one image, by size of the image, with and without attention windows.

python benchmarks/detector_memory.py [--model base] [--sizes 512 1024] [--windows 0 14]

Each case runs in a process of its own, whose peak resident memory is read at its end; what Python, torch and MONAI take before any network is the first row.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

from machine import describe_machine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="base", help="tiny, small, base or large")
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024], help="sides of square images in pixels")
    parser.add_argument(
        "--windows", type=int, nargs="+", default=[0, 14], help="sides of attention windows in patches, 0 for none"
    )
    parser.add_argument("--case", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measure(options.model, *options.case)))
        return
    print(describe_machine())
    print(f"{'image':>12} {'window':>8} {'peak memory':>12} {'above start':>12} {'time':>8}")
    start = 0.0
    for size, window in [(0, 0), *((size, window) for size in options.sizes for window in options.windows)]:
        peak, seconds = run(options.model, size, window)
        start = start or peak
        shown = f"{size}x{size}" if size else "none"
        print(f"{shown:>12} {window or 'none':>8} {peak:9.2f} GB {peak - start:9.2f} GB {seconds:6.1f} s", flush=True)


def run(model: str, size: int, window: int) -> tuple[float, float]:
    case = [sys.executable, __file__, "--model", model, "--case", str(size), str(window)]
    return tuple(json.loads(subprocess.run(case, capture_output=True, text=True, check=True).stdout.splitlines()[-1]))


def measure(model: str, size: int, window: int) -> tuple[float, float]:
    """Peak in GB (10^9 bytes) of this process, and seconds of one image."""
    import torch

    from monai_ext.networks import StenosisDetector, stenosis_retinanet

    seconds = 0.0
    if size:
        network = stenosis_retinanet(model, position_grid=14, window=window or None, seed=0)
        detector = StenosisDetector(network, size).eval()
        with torch.inference_mode():
            began = time.perf_counter()
            detector(torch.randn(1, 1, size, size, generator=torch.Generator().manual_seed(0)))
            seconds = time.perf_counter() - began
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, seconds


if __name__ == "__main__":
    main()

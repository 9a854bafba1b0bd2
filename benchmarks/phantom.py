# SPDX-License-Identifier: Apache-2.0
"""Synthetic angiograms a second, on one core.

python benchmarks/phantom.py [--frames 40] [--size 512]
"""

from __future__ import annotations

import argparse
import os
import time

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy

import numpy as np
from machine import describe_machine

from monai_ext.phantom import PhantomSettings, draw_angiogram


def seconds_of(seed: int, index: int, size: int) -> float:
    start = time.perf_counter()
    draw_angiogram(seed, index, PhantomSettings(size=size))
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=40, help="angiograms to draw")
    parser.add_argument("--size", type=int, default=512, help="rows and columns in pixels")
    arguments = parser.parse_args()
    draw_angiogram(1, 0, PhantomSettings(size=arguments.size))  # first use of every part
    seconds = [seconds_of(0, index, arguments.size) for index in range(arguments.frames)]
    low, middle, high = np.percentile(seconds, [10, 50, 90]) * 1e3
    print(describe_machine())
    print(f"synthetic angiograms of {arguments.size} px, one core")
    print(
        f"  {len(seconds) / sum(seconds):.1f} a second; {middle:.0f} ms each ({low:.0f} to {high:.0f} ms, 10th to 90th percentile)"
    )


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""The paper's vessel map of a frame: banded products and labels against scikit-image's Sato filter and a flood fill in Python.

Both ways compute the published rule on the same frames, in one process and on one thread, in turn; their maps are compared first.
Without --image the frame is synthetic. The default (robust) rule is timed beside them.

python benchmarks/vessel_map.py [--image FRAME.png [FRAME.png ...]] [--size 512] [--repeats 9]
"""

from __future__ import annotations

import argparse
from collections import deque
from functools import partial
from pathlib import Path

import numpy as np
import torch
from machine import describe_machine
from PIL import Image
from skimage.filters import sato
from timing import interleaved_medians

from monai_ext.ops import extract_vessels
from monai_ext.phantom import PhantomSettings, draw_angiogram


def written_out(image: np.ndarray) -> np.ndarray:
    """The published way: filter, percentile, region growing from the strongest pixel over 4 neighbours."""
    response = sato(image, sigmas=(1, 2, 3, 4), black_ridges=True, mode="reflect").astype(int)
    framed = np.zeros_like(response)
    framed[20:-20, 20:-20] = response[20:-20, 20:-20]
    allowed = (framed >= np.percentile(framed, 92)) & (framed > 0)
    return grow(allowed, np.unravel_index(framed.argmax(), framed.shape))


def grow(allowed: np.ndarray, seed: tuple[int, int]) -> np.ndarray:
    """Pixels that reach the seed through allowed ones, over 4 neighbours."""
    height, width = allowed.shape
    grown = np.zeros(allowed.shape, bool)
    grown[seed] = allowed[seed]
    queue = deque([seed] if allowed[seed] else [])
    while queue:
        row, column = queue.popleft()
        for y, x in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= y < height and 0 <= x < width and allowed[y, x] and not grown[y, x]:
                grown[y, x] = True
                queue.append((y, x))
    return grown


def read_frames(arguments: argparse.Namespace) -> dict[str, np.ndarray]:
    if arguments.image:
        return {file.name: np.array(Image.open(file).convert("L")) for file in arguments.image}
    return {"synthetic": draw_angiogram(0, 0, PhantomSettings(size=arguments.size)).image}


def compare(name: str, frame: np.ndarray, repeats: int) -> None:
    image = torch.from_numpy(frame).float()[None, None]
    found, reference = extract_vessels(image, method="published")[0, 0].numpy(), written_out(frame)
    dice = 2 * (found & reference).sum() / max(1, found.sum() + reference.sum())
    assert dice >= 0.99, f"{name}: both ways must find the same map, Dice is {dice:.4f}"
    calls = [
        partial(written_out, frame),
        partial(extract_vessels, image, method="published"),
        partial(extract_vessels, image, method="robust"),
    ]
    slow, fast, robust = (seconds * 1e3 for seconds in interleaved_medians(calls, repeats))
    print(f"vessel map, {name}, {frame.shape[0]}x{frame.shape[1]}, published rule, one thread; Dice of both {dice:.4f}")
    print(f"  scikit-image, flood fill {slow:8.2f} ms")
    print(f"  extract_vessels          {fast:8.2f} ms")
    print(f"  ratio                    {slow / fast:8.1f} times")
    print(f"  (the robust rule         {robust:8.2f} ms)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--image", type=Path, nargs="+", help="real frames, read as 8 bit grey; default: a synthetic one"
    )
    parser.add_argument("--size", type=int, default=512, help="side of the synthetic frame in pixels")
    parser.add_argument("--repeats", type=int, default=9, help="timed calls of each, taken in turn")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(describe_machine())
    for name, frame in read_frames(arguments).items():
        compare(name, frame, arguments.repeats)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""One training sample from file to augmented batch: cached frames and a batched crop against PNG files and Pillow.

Both ways read the same synthetic frames, draw random resized crops of the same law, resize bicubic (the map by nearest),
flip, and end in a standardised float batch. One process, one thread; files come from the operating system's cache.

    python benchmarks/training_sample.py [--frames 128] [--size 512] [--crop 224] [--repeats 15]
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

import numpy as np
import torch
from machine import describe_machine
from PIL import Image
from timing import interleaved_medians

from monai_ext.data import open_frames
from monai_ext.engines import PrepareFrames

MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])


def png_sample(
    image_file: Path, map_file: Path, crop: int, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """The usual way, written out: decode to RGB, decode the map, crop, resize, flip, to tensor, standardise."""
    image, vessels = Image.open(image_file).convert("RGB"), Image.open(map_file).convert("L")
    box = random_box(*image.size, rng)
    image = image.crop(box).resize((crop, crop), Image.Resampling.BICUBIC)
    vessels = vessels.crop(box).resize((crop, crop), Image.Resampling.NEAREST)
    if rng.random() < 0.5:
        image, vessels = (x.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for x in (image, vessels))
    pixels = (np.asarray(image, np.float32) / 255 - MEAN) / STD
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous(), torch.from_numpy(np.asarray(vessels) > 127)[None]


def random_box(width: int, height: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    for _ in range(10):
        area = width * height * rng.uniform(0.2, 1.0)
        ratio = math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if w <= width and h <= height:
            left, top = rng.integers(width - w + 1), rng.integers(height - h + 1)
            return left, top, left + w, top + h
    return 0, 0, width, height


def write_png(dataset, folder: Path) -> list[tuple[Path, Path]]:
    files = []
    for i in range(len(dataset)):
        item = dataset[i]
        files.append((folder / f"{i}.png", folder / f"{i}_vessels.png"))
        Image.fromarray(item["image"][0].numpy()).save(files[-1][0])
        Image.fromarray(np.unpackbits(item["vessels"][0].numpy(), axis=-1) * 255).save(files[-1][1])
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=128, help="frames, one batch")
    parser.add_argument("--size", type=int, default=512, help="side of a frame in pixels")
    parser.add_argument("--crop", type=int, default=224, help="side of a training image in pixels")
    parser.add_argument("--repeats", type=int, default=15, help="timed batches of each, taken in turn")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        dataset = open_frames(None, phantom_count=arguments.frames, size=arguments.size, cache_dir=folder)
        files = write_png(dataset, Path(folder))
        rng = np.random.default_rng(0)
        prepare = PrepareFrames(image_size=arguments.crop, mean=0.45, std=0.18)
        order = rng.permutation(arguments.frames).tolist()

        def from_png():
            samples = [png_sample(*files[i], arguments.crop, rng) for i in order]
            return [torch.stack(column) for column in zip(*samples, strict=True)]

        def from_frames():
            return prepare(dataset.__getitems__(order), "cpu")

        for image, vessels in (from_png(), from_frames()):
            assert image.shape[-2:] == vessels.shape[-2:] == (arguments.crop, arguments.crop)
        png, frames = (
            seconds / arguments.frames for seconds in interleaved_medians([from_png, from_frames], arguments.repeats)
        )
    print(describe_machine())
    print(f"one training sample from file to augmented batch, {arguments.size} px to {arguments.crop} px, one thread")
    print(f"  PNG to RGB, PNG map, Pillow crop  {png * 1e3:8.2f} ms")
    print(f"  cached frames, batched crop       {frames * 1e3:8.2f} ms")
    print(f"  ratio                             {png / frames:8.1f} times")


if __name__ == "__main__":
    main()

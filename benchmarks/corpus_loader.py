# SPDX-License-Identifier: Apache-2.0
"""A corpus of 100,000 frames: how long it takes to open, and how much memory an epoch in random order takes.

Shards of real bytes are written to a temporary folder (29 GB for 512 px: name a disk by --folder), opened and read through a DataLoader in
the order of `FrameSampler`. Side by side, in the same process: the usual way, the same files mapped with numpy.load(mmap_mode="r") and indexed.
Memory is the resident set of the process, to which the pages of mapped files count.

    python benchmarks/corpus_loader.py [--frames 100000] [--size 128] [--batch 256] [--folder DIR]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import torch
from machine import describe_machine
from torch.utils.data import DataLoader

from monai_ext.data import FrameDataset, FrameSampler, collate_batch
from monai_ext.data.shard_writer import ShardWriter
from monai_ext.data.write_corpus import SHARD_FRAMES, shard_file, write_corpus


def write_synthetic(folder: Path, frames: int, size: int) -> None:
    """One shard of noise, copied as often as needed."""
    rng = np.random.default_rng(0)
    first = shard_file(folder, 0)
    first.parent.mkdir(parents=True)
    with ShardWriter(first, size) as shard:
        for _ in range(SHARD_FRAMES):
            frame = rng.integers(0, 256, (size, size), np.uint8)
            shard.append(frame, frame[:, : size // 8], (size, size))
    for number in range(1, frames // SHARD_FRAMES):
        shutil.copyfile(first, shard_file(folder, number))
    count = max(1, frames // SHARD_FRAMES) * SHARD_FRAMES
    write_corpus(folder, [f"{i:021}" for i in range(count)], size=size, kind="synthetic frames", summary={})


def resident() -> float:
    """Megabytes of this process, mapped pages among them."""
    return psutil.Process().memory_info().rss / 1e6


def mapped_epoch(folder: Path, order: list[int], batch: int) -> Iterator[torch.Tensor]:
    """The usual way, written out."""
    shards = [np.load(file, mmap_mode="r") for file in sorted((folder / "shards").iterdir())]
    for start in range(0, len(order), batch):
        places = [divmod(index, SHARD_FRAMES) for index in order[start : start + batch]]
        yield torch.from_numpy(np.stack([shards[shard]["frame"][row] for shard, row in places]))


def measure(batches: Iterator) -> tuple[float, float]:
    """Seconds, and how many megabytes the process grew at most."""
    before, most, start = resident(), 0.0, time.perf_counter()
    for number, _ in enumerate(batches):
        if number % 8 == 0:
            most = max(most, resident() - before)
    return time.perf_counter() - start, max(most, resident() - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=100_000, help="rounded down to whole shards")
    parser.add_argument("--size", type=int, default=128, help="side of a frame in pixels")
    parser.add_argument("--batch", type=int, default=256, help="frames at a time")
    parser.add_argument("--folder", help="where to write; removed at the end")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name, "corpus")
        write_synthetic(folder, arguments.frames, arguments.size)
        before, start = resident(), time.perf_counter()
        dataset = FrameDataset(folder)
        sampler = FrameSampler(dataset, 1, 0, seed=0)
        loader = DataLoader(dataset, arguments.batch, sampler=sampler, collate_fn=collate_batch)
        sample = dataset[len(dataset) - 1]
        opened, grown = time.perf_counter() - start, resident() - before
        ours, our_memory = measure(iter(loader))
        whole = resident()
        mapped, mapped_memory = measure(mapped_epoch(folder, list(sampler), arguments.batch))
        disk = sum(file.stat().st_size for file in folder.rglob("*.npy")) / 1e9
    print(describe_machine())
    print(
        f"{len(dataset):,} frames of {sample['image'].shape[-1]} px, {disk:.1f} GB, batches of {arguments.batch}, one thread"
    )
    print(f"  opened, first sample read    {opened:8.3f} s  {grown:9.1f} MB")
    print(f"  an epoch, FrameDataset       {ours:8.2f} s  {our_memory:9.1f} MB more, {whole:.0f} MB the whole process")
    print(f"  an epoch, mapped and indexed {mapped:8.2f} s  {mapped_memory:9.1f} MB more")
    print(f"  ratio                        {mapped / ours:8.1f} times {mapped_memory / max(our_memory, 1):6.1f} times")


if __name__ == "__main__":
    main()

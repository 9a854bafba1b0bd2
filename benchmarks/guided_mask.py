# SPDX-License-Identifier: Apache-2.0
"""Guided masks of a batch: one batched sort against a loop over images, in one process and on one thread.

python benchmarks/guided_mask.py [--batch 256] [--patches 196] [--repeats 20]
"""

from __future__ import annotations

import argparse

import torch
from looped_mask import looped_mask
from machine import describe_machine
from timing import interleaved_medians

from monai_ext.ops import ImageDraws, guided_count, guided_mask, hidden_count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=256, help="images in a batch")
    parser.add_argument("--patches", type=int, default=196, help="patches of an image")
    parser.add_argument("--repeats", type=int, default=20, help="timed calls of each, taken in turn")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    guidance = torch.rand(arguments.batch, arguments.patches, generator=generator).pow(8)
    guidance /= guidance.sum(dim=1, keepdim=True)
    n_hidden, index = hidden_count(arguments.patches, 0.5), torch.arange(arguments.batch)

    def loop() -> torch.Tensor:
        return looped_mask(guidance, mask_ratio=0.5, guided_share=0.5, generator=generator)

    def sort() -> torch.Tensor:
        return guided_mask(guidance, n_hidden, guided_count(arguments.patches, 0.5, 0.5), ImageDraws(0, 1, index))

    for mask in (loop(), sort()):
        assert (mask.sum(dim=1) == n_hidden).all(), "both ways must hide the same number"
    looped, batched = interleaved_medians([loop, sort], arguments.repeats)
    print(describe_machine())
    print(f"guided mask, batch {arguments.batch} x {arguments.patches} patches, one thread")
    print(f"  loop over images  {looped * 1e3:8.2f} ms")
    print(f"  one batched sort  {batched * 1e3:8.2f} ms")
    print(f"  ratio             {looped / batched:8.1f} times")


if __name__ == "__main__":
    main()

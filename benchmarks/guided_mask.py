# SPDX-License-Identifier: Apache-2.0
"""Guided masks of a batch: one batched sort against a loop over images, in one process and on one thread.

python benchmarks/guided_mask.py [--batch 256] [--patches 196] [--repeats 20]
"""

from __future__ import annotations

import argparse
import math

import torch
from machine import describe_machine
from timing import interleaved_medians

from monai_ext.ops import guided_mask


def looped_mask(
    guidance: torch.Tensor, mask_ratio: float, guided_share: float, generator: torch.Generator
) -> torch.Tensor:
    """The usual way, written out: for each image a multinomial draw, then a random permutation of what is left."""
    masks = []
    for shares in guidance:
        patches = len(shares)
        count = math.floor(mask_ratio * patches)
        guided = min(math.floor(guided_share * mask_ratio * patches), int((shares > 0).sum().item()))
        chosen = torch.multinomial(shares, guided, replacement=False, generator=generator).tolist() if guided else []
        taken = set(chosen)
        others = torch.tensor([i for i in range(patches) if i not in taken])
        order = torch.randperm(len(others), generator=generator)[: count - guided]
        mask = torch.zeros(patches, dtype=torch.bool)
        mask[chosen] = True
        mask[others[order]] = True
        masks.append(mask)
    return torch.stack(masks)


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
    knobs = {"mask_ratio": 0.5, "guided_share": 0.5, "generator": generator}
    count = math.floor(0.5 * arguments.patches)
    for mask in (looped_mask(guidance, **knobs), guided_mask(guidance, **knobs)):
        assert (mask.sum(dim=1) == count).all(), "both ways must hide the same number"
    looped, batched = interleaved_medians(
        [lambda: looped_mask(guidance, **knobs), lambda: guided_mask(guidance, **knobs)], arguments.repeats
    )
    print(describe_machine())
    print(f"guided mask, batch {arguments.batch} x {arguments.patches} patches, one thread")
    print(f"  loop over images  {looped * 1e3:8.2f} ms")
    print(f"  one batched sort  {batched * 1e3:8.2f} ms")
    print(f"  ratio             {looped / batched:8.1f} times")


if __name__ == "__main__":
    main()

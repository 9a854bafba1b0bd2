# SPDX-License-Identifier: Apache-2.0
"""What each option of looking at an image is worth: mirror averaging, sliding windows, another threshold, removal of specks.

Every option is judged alone against the plain way (whole image, threshold 0.5) on the same images, with the mean difference and its 95 %
bootstrap interval. The threshold is chosen on the other half of the images, so that it is not judged on what chose it.

    python benchmarks/inference_options.py --dataset_dir FOLDER --split val --weights runs/vessels/model.pt --model tiny --image_size 256
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from monai_ext.data import LabelledImages, labelled_items
from monai_ext.inferers import AngiogramInferer
from monai_ext.metrics import SegmentationQuality, ThresholdSweep
from monai_ext.networks import load_trained, vessel_segmenter
from monai_ext.transforms import LogitsToMask

MEAN, STD = 0.45, 0.18  # as in bundles/vasomim_seg/configs/train.json
MEASURES = ("dice", "cldice", "hd95", "precision", "recall")
AREAS = (50, 200, 800)  # pixels
RESAMPLES = 10_000


@torch.no_grad()
def logits_of(images: LabelledImages, inferer: AngiogramInferer, network: torch.nn.Module) -> list[Tensor]:
    return [inferer(item["image"][None], network)[0] for item in tqdm(images, "looking", unit="image", leave=False)]


def judge(images: LabelledImages, masks: list[Tensor]) -> np.ndarray:
    """(images, measures)."""
    quality = SegmentationQuality(measures=MEASURES)
    quality.update((masks, [item["label"] for item in images]))
    quality.compute()
    return np.array([[row[name] for name in MEASURES] for row in quality.rows])


def best_threshold(images: LabelledImages, logits: list[Tensor], parity: int) -> float:
    """Of the images with that parity."""
    sweep = ThresholdSweep()
    chosen = range(parity, len(images), 2)
    sweep.update(([logits[i] for i in chosen], [images[i]["label"] for i in chosen]))
    return sweep.compute()


def gain(values: np.ndarray, plain: np.ndarray) -> str:
    """Mean difference and the 95 % interval of it."""
    difference = (values - plain)[~np.isnan(values - plain)]
    drawn = np.random.default_rng(0).integers(len(difference), size=(RESAMPLES, len(difference)))
    low, high = np.quantile(difference[drawn].mean(1), [0.025, 0.975])
    return f"{difference.mean():+.4f} [{low:+.4f}, {high:+.4f}]"


def masks_of(answers: list[Tensor], mask_of: LogitsToMask) -> list[Tensor]:
    return [mask_of(answer) for answer in answers]


def options(images: LabelledImages, network: torch.nn.Module, size: int) -> dict[str, list[Tensor]]:
    """Masks by option; the plain way first."""
    plain, usual = logits_of(images, AngiogramInferer(size), network), LogitsToMask()
    mirrored = logits_of(images, AngiogramInferer(size, flip=True), network)
    windows = logits_of(images, AngiogramInferer(2 * size, window=size), network)
    chosen = [LogitsToMask(best_threshold(images, plain, 1 - parity)) for parity in (0, 1)]
    return {
        "plain": masks_of(plain, usual),
        "mirror averaging": masks_of(mirrored, usual),
        f"windows of {size} px on {2 * size} px": masks_of(windows, usual),
        f"threshold of the other half, {chosen[0].threshold:g} and {chosen[1].threshold:g}": [
            chosen[number % 2](answer) for number, answer in enumerate(plain)
        ],
        **{f"specks below {area} px removed": masks_of(plain, LogitsToMask(min_area=area)) for area in AREAS},
    }


def main() -> None:
    arguments = read_arguments()
    images = LabelledImages(labelled_items(arguments.dataset_dir, split=arguments.split), mean=MEAN, std=STD)
    network = load_trained(
        vessel_segmenter(arguments.model, position_grid=arguments.position_grid), arguments.weights
    ).eval()
    judged = {name: judge(images, masks) for name, masks in options(images, network, arguments.image_size).items()}
    plain = judged.pop("plain")
    means = ", ".join(f"{name} {mean:.4f}" for name, mean in zip(MEASURES, np.nanmean(plain, 0), strict=True))
    print(f"{len(images)} images; plain: {means}\n")
    print(f"| option | {' | '.join(MEASURES)} |\n{'|---' * (1 + len(MEASURES))}|")
    for name, values in judged.items():
        print(f"| {name} | {' | '.join(map(gain, values.T, plain.T))} |")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset_dir", help="as in the bundle; left out: synthetic angiograms")
    parser.add_argument("--split", default="val", help="images to judge on (val)")
    parser.add_argument("--weights", required=True, help="of a segmenter of vessels")
    parser.add_argument("--model", default="base", help="size of the encoder (base)")
    parser.add_argument("--image_size", type=int, default=512, help="longer side that the network sees (512)")
    parser.add_argument("--position_grid", type=int, default=14, help="as in the training (14)")
    return parser.parse_args()


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""How like real angiograms are the synthetic ones: greys, noise, vessels and labels of both, measured alike.

The folder holds ARCADE (Zenodo 10390295) as arcade/syntax/{train,val}/{images,annotations}. Real outlines are the polygons of experts,
synthetic ones the segments that an expert outlines in that view. Both are 512 x 512; the synthetic ones pass through JPEG as the real files did.

Each row gives the median over images and the 10th to 90th percentile. KS is the largest difference of the two cumulative
distributions (Kolmogorov and Smirnov): 0 is the same, 1 is no overlap; one threshold tells images apart with a balanced accuracy of (1 + KS) / 2.
"Told apart" is the balanced accuracy of a logistic regression on the values and their squares, each image judged by one that has not seen it:
50 % is a coin, 100 % is certain.

    python benchmarks/phantom_likeness.py --xa FOLDER --count 200 --figure likeness.png --sheet sheet.png
    python benchmarks/phantom_likeness.py --xa FOLDER --split val --count 50 --settings my_settings.json
"""

from __future__ import annotations

import argparse
import io
import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy

import numpy as np
from draw_likeness import draw_likeness, ks
from draw_sheet import draw_sheet
from measure_angiogram import Angiography, measure_angiogram
from numpy import ndarray
from PIL import Image, ImageDraw
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import wasserstein_distance
from tqdm import tqdm
from vessel_map_quality import find_file

from monai_ext.phantom import SEGMENTS, PhantomSettings, draw_angiogram

SIZE = 512
Case = tuple[ndarray, dict[str, ndarray]]


def read_real(folder: Path, split: str, count: int) -> Iterator[Case]:
    """Image and mask of each outlined segment, the first images in the order of their ids."""
    annotations = json.loads((folder / split / "annotations" / f"{split}.json").read_text())
    polygons: dict[int, dict[str, list]] = {}
    for entry in annotations["annotations"]:
        if entry["category_id"] <= len(SEGMENTS):
            of_image = polygons.setdefault(entry["image_id"], {})
            of_image.setdefault(SEGMENTS[entry["category_id"] - 1], []).extend(entry["segmentation"])
    images = sorted(annotations["images"], key=lambda image: image["id"])
    for image in [image for image in images if image["id"] in polygons][:count]:
        grey = np.array(Image.open(find_file(folder / split / "images" / image["file_name"])).convert("L"))
        yield grey, {name: fill(shapes) for name, shapes in polygons[image["id"]].items()}


def fill(polygons: list, finer: int = 4) -> ndarray:
    """Pixels of which at least half is inside, so that nothing of the outline's own width is added."""
    mask = Image.new("L", (finer * SIZE, finer * SIZE))
    for polygon in polygons:
        ImageDraw.Draw(mask).polygon([finer * value - 0.5 for value in polygon], fill=255)
    return np.asarray(mask.reduce(finer)) >= 128


def draw_phantoms(settings: PhantomSettings, seed: int, count: int, quality: int) -> Iterator[Case]:
    """Image as JPEG would keep it and mask of each segment that is judged in the view."""
    for index in range(count):
        angiogram = draw_angiogram(seed, index, settings)
        masks = {name: angiogram.segments == SEGMENTS.index(name) + 1 for name in angiogram.judged}
        yield as_jpeg(angiogram.image, quality), {name: mask for name, mask in masks.items() if mask.any()}


def as_jpeg(image: ndarray, quality: int) -> ndarray:
    if quality == 0:
        return image
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def table_of(measured: list[Angiography], kinds: list[str]) -> ndarray:
    """(images, quantities) of the named kinds."""
    return np.array([[value for kind in kinds for value in item.numbers[kind].values()] for item in measured])


def told_apart(real: ndarray, phantom: ndarray, folds: int = 10) -> float:
    """Balanced accuracy on images that the regression has not seen, in [0, 1]."""
    values, is_real = np.concatenate([real, phantom]), np.repeat([1.0, 0.0], [len(real), len(phantom)])
    # neighbours, perhaps of one patient, are held out together
    fold = np.concatenate([np.arange(len(side)) * folds // len(side) for side in (real, phantom)])
    right = np.zeros(len(values), bool)
    for held_out in np.unique(fold):
        learn = fold != held_out
        inputs = standardise(values, learn)
        weights = fit_logistic(inputs[learn], is_real[learn])
        right[~learn] = (inputs[~learn] @ weights > 0) == (is_real[~learn] > 0)
    return (right[is_real > 0].mean() + right[is_real == 0].mean()) / 2


def standardise(values: ndarray, learn: ndarray) -> ndarray:
    """Values and squares by mean and spread of the images learnt from, at most 4 spreads off; what is missing becomes the mean."""
    known = np.where(np.isfinite(values).sum(0) > 0, values, 0.0)
    mean, spread = (np.nan_to_num(f(known[learn], axis=0)) for f in (np.nanmean, np.nanstd))
    scaled = np.nan_to_num(np.clip((known - mean) / (spread + 1e-9), -4, 4))
    return np.concatenate([scaled, (scaled**2 - 1) / 2, np.ones((len(values), 1))], 1)


def fit_logistic(inputs: ndarray, targets: ndarray, penalty: float = 3.0) -> ndarray:
    """Weights of least log loss plus penalty / 2 times their squares; both classes count alike."""
    share = np.where(targets > 0, 0.5 / max(targets.mean(), 1e-9), 0.5 / max(1 - targets.mean(), 1e-9))

    def loss(weights: ndarray) -> tuple[float, ndarray]:
        score = inputs @ weights
        value = (share * (np.logaddexp(0, score) - targets * score)).sum() + penalty / 2 * weights @ weights
        return value, inputs.T @ (share * (expit(score) - targets)) + penalty * weights

    return minimize(loss, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B").x


def say(values: ndarray) -> str:
    values = values[np.isfinite(values)]
    if not len(values):
        return "none"
    low, middle, high = (f"{value:#.3g}".rstrip(".") for value in np.percentile(values, [10, 50, 90]))
    return f"{middle} [{low} to {high}]"


def print_table(real: list[Angiography], phantom: list[Angiography]) -> None:
    print("| quantity | real | phantom | KS |\n|---|---|---|---|")
    for kind, names in real[0].numbers.items():
        columns = [table_of(measured, [kind]) for measured in (real, phantom)]
        print(f"| **{kind}**: told apart {told_apart(*columns):.0%} | | | |")
        for name, a, b in zip(names, columns[0].T, columns[1].T, strict=True):
            print(f"| {name} | {say(a)} | {say(b)} | {ks(a, b):.2f} |")
    everything = [table_of(measured, list(real[0].numbers)) for measured in (real, phantom)]
    print(f"| **told apart by all** | | | **{told_apart(*everything):.0%}** |")
    levels = [np.mean([item.histogram for item in measured], axis=0) for measured in (real, phantom)]
    apart = wasserstein_distance(range(256), range(256), *levels)
    chance = 1.36 * np.sqrt(1 / len(real) + 1 / len(phantom))
    print(f"\n{len(real)} real, {len(phantom)} synthetic. KS below {chance:.2f} is chance (5 %).", end=" ")
    print(f"Mean grey histograms: {apart:.1f} grey levels apart (1-Wasserstein).")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xa", type=Path, required=True, help="folder that holds arcade/syntax")
    parser.add_argument("--split", choices=["train", "val"], default="train", help="tune on train, confirm on val")
    parser.add_argument("--count", type=int, default=200, help="real images (the first by id) and as many phantoms")
    parser.add_argument("--seed", type=int, default=0, help="of the phantoms")
    parser.add_argument("--settings", type=Path, help="JSON file of PhantomSettings, over the defaults")
    parser.add_argument("--jpeg", type=int, default=90, help="quality that phantoms are compressed with, 0 for none")
    parser.add_argument("--figure", type=Path, help="PNG file of the curves")
    parser.add_argument("--sheet", type=Path, help="PNG file of 12 real and 12 synthetic images, and *_outlines.png")
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    warnings.filterwarnings(
        "ignore", "All-NaN|Mean of empty|Degrees of freedom"
    )  # few images may lack a kind of segment
    settings = PhantomSettings.read(arguments.settings, size=SIZE, bits=8)
    real = read_real(arguments.xa / "arcade" / "syntax", arguments.split, arguments.count)
    phantom = draw_phantoms(settings, arguments.seed, arguments.count, arguments.jpeg)
    kept, measured = ({"real": [], "phantom": []} for _ in range(2))
    for side, cases in (("real", real), ("phantom", phantom)):
        for index, (image, masks) in enumerate(tqdm(cases, desc=side, total=arguments.count, unit="image")):
            measured[side].append(measure_angiogram(image, masks))
            if index % max(1, arguments.count // 12) == 0:
                kept[side].append((image, masks))
    print_table(measured["real"], measured["phantom"])
    if arguments.figure:
        draw_likeness(measured["real"], measured["phantom"]).savefig(arguments.figure)
    if arguments.sheet:
        outlined = arguments.sheet.with_name(f"{arguments.sheet.stem}_outlines{arguments.sheet.suffix}")
        draw_sheet(kept["real"], kept["phantom"]).save(arguments.sheet)
        draw_sheet(kept["real"], kept["phantom"], outlines=True).save(outlined)


if __name__ == "__main__":
    main()

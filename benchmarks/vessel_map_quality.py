# SPDX-License-Identifier: Apache-2.0
"""How well a vessel map finds the coronary tree: Dice and recall against the expert polygons of ARCADE.

The folder holds ARCADE (Zenodo 10390295) as arcade/syntax/{train,val}/{images,annotations}. The reference of an image is the union of its
segment polygons (category ids 1 to 25); experts drew main segments only, so thin side branches and catheters that
a map finds count as false. "Missed" is the share of images with recall below 0.2. Each line printed is a row of the
table in docs/decisions/0002-vessel-map-rule.md; with --segmentor, of the segmentor's card in bundles/vasomim_pretrain/docs.

    python benchmarks/vessel_map_quality.py --xa FOLDER --split train --count 200 --method robust
    python benchmarks/vessel_map_quality.py --xa FOLDER --split val --segmentor bundles/vasomim_pretrain/models/segmentor.safetensors
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch.nn.functional import interpolate
from tqdm import tqdm

from monai_ext.networks import UNeXt, load_segmentor
from monai_ext.ops import extract_vessels

BUNDLE = Path(__file__).parents[1] / "bundles" / "vasomim_pretrain"
SEGMENTS = range(1, 26)


def read_cases(folder: Path, split: str, count: int) -> list[tuple[Path, list]]:
    """Files and polygons of the first images, in the order of their ids."""
    annotations = json.loads((folder / split / "annotations" / f"{split}.json").read_text())
    polygons: dict[int, list] = {}
    for entry in annotations["annotations"]:
        if entry["category_id"] in SEGMENTS:
            polygons.setdefault(entry["image_id"], []).extend(entry["segmentation"])
    images = sorted(annotations["images"], key=lambda image: image["id"])
    found = ((find_file(folder / split / "images" / image["file_name"]), polygons.get(image["id"])) for image in images)
    cases = [(file, shapes) for file, shapes in found if file and shapes]
    if not cases:
        raise SystemExit(f"no annotated image found in {folder / split}; --xa must hold arcade/syntax/{split}/images.")
    return cases[:count]


def find_file(file: Path) -> Path | None:
    """The image, also where it was converted to another format of the same name."""
    return next((match for match in [file, *sorted(file.parent.glob(f"{file.stem}.*"))] if match.is_file()), None)


def draw(polygons: list, shape: tuple[int, int]) -> np.ndarray:
    mask = Image.new("1", shape[::-1])
    for polygon in polygons:
        ImageDraw.Draw(mask).polygon(polygon, fill=1, outline=1)
    return np.asarray(mask)


def segment(image: torch.Tensor, network: UNeXt, size: int, mean: float, std: float) -> torch.Tensor:
    """S > 0.5 on the whole image, reduced to a square and back: the map (1, 1, height, width), bool."""
    reduced = interpolate(image.float() / 255, (size, size), mode="bicubic", antialias=True).clamp(0, 1)
    logits = network((reduced - mean) / std)
    return interpolate(logits, image.shape[-2:], mode="bilinear") > 0


def judge(file: Path, polygons: list, find: Callable[[torch.Tensor], torch.Tensor]) -> tuple[float, float, float]:
    """Dice, recall and precision of one image."""
    grey = np.array(Image.open(file).convert("L"))
    expert = draw(polygons, grey.shape)
    found = find(torch.from_numpy(grey)[None, None])[0, 0].numpy()
    both = (found & expert).sum()
    return 2 * both / (found.sum() + expert.sum()), both / expert.sum(), both / max(1, found.sum())


def finder(arguments: argparse.Namespace) -> tuple[str, Callable[[torch.Tensor], torch.Tensor]]:
    """Name of the rule and the rule."""
    if not arguments.segmentor:
        return arguments.method, partial(extract_vessels, method=arguments.method)
    config = json.loads((BUNDLE / "configs" / "train_segmentor.json").read_text())
    knobs = {"size": arguments.image_size, "mean": config["image_mean"], "std": config["image_std"]}
    return f"segmentor, {arguments.image_size} px", partial(
        segment, network=load_segmentor(arguments.segmentor), **knobs
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xa", type=Path, required=True, help="folder that holds arcade/syntax")
    parser.add_argument("--split", choices=["train", "val"], default="train", help="choose on train, confirm on val")
    parser.add_argument("--count", type=int, default=200, help="first images of the split, by id")
    parser.add_argument("--method", choices=["robust", "published"], default="robust", help="rule of the vessel map")
    parser.add_argument("--segmentor", type=Path, help="weights of a segmentor to judge instead of a rule")
    parser.add_argument("--image_size", type=int, default=224, help="side of the segmentor's images, a multiple of 32")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    cases = read_cases(arguments.xa / "arcade" / "syntax", arguments.split, arguments.count)
    name, find = finder(arguments)
    scores = np.array([judge(*case, find) for case in tqdm(cases, desc="images", unit="image")])
    dice, recall, precision = scores.mean(0)
    missed = (scores[:, 1] < 0.2).mean()
    print("| rule | images | Dice | missed | recall | precision |\n|---|---|---|---|---|---|")
    print(
        f"| {name} | {len(cases)} {arguments.split} | {dice:.3f} ± {scores[:, 0].std():.3f} | {missed:.1%} | {recall:.3f} | {precision:.3f} |"
    )


if __name__ == "__main__":
    main()

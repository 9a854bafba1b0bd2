# SPDX-License-Identifier: Apache-2.0
"""Draws the pictures of docs/phantom.md.

python docs/draw_phantom_pictures.py [--out docs/images]
"""

from __future__ import annotations

import argparse
import colorsys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from monai_ext.phantom import Angiogram, PhantomSettings, draw_angiogram, draw_cine

CELL = 300  # pixels of a picture in a sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images", help="folder of the pictures")
    parser.add_argument("--size", type=int, default=512, help="side of the phantoms in pixels")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    settings = PhantomSettings(size=arguments.size, frames=24, frame_time=260)
    sheet([draw_angiogram(1, index, settings).image for index in range(12)], 4).save(
        arguments.out / "phantom_sheet.jpg"
    )
    sheet(views(draw_angiogram(1, 6, settings)), 4).save(arguments.out / "phantom_labels.jpg")
    cine = [frame.image for frame in draw_cine(1, 6, settings)]
    sheet(cine[1::3], 8).save(arguments.out / "phantom_cine.jpg")


def sheet(pictures: list[np.ndarray], columns: int) -> Image.Image:
    """Pictures beside each other, row by row."""
    whole = Image.new("RGB", (columns * CELL, -(-len(pictures) // columns) * CELL))
    for number, picture in enumerate(pictures):
        cell = Image.fromarray(picture).convert("RGB").resize((CELL, CELL), Image.Resampling.LANCZOS)
        whole.paste(cell, (number % columns * CELL, number // columns * CELL))
    return whole


def views(angiogram: Angiogram) -> list[np.ndarray]:
    """The angiogram; the tree; segments and stenoses; centrelines with the catheter."""
    grey = np.repeat(angiogram.image[..., None], 3, -1)
    tree = mixed(grey, angiogram.tree, (255, 255, 255))
    segments = grey
    for number in np.unique(angiogram.segments)[1:]:
        segments = mixed(segments, angiogram.segments == number, colour(int(number)))
    drawn = Image.fromarray(segments)
    for stenosis in angiogram.stenoses:
        ImageDraw.Draw(drawn).rectangle(stenosis.box, outline=(255, 225, 77), width=3)
    lines = Image.fromarray(mixed(grey, angiogram.catheter, (80, 160, 255)))
    for line in angiogram.centrelines:
        ImageDraw.Draw(lines).line(
            [tuple(point) for point in line.points], fill=(255, 120, 60) if line.segment else (255, 230, 200), width=2
        )
    return [grey, tree, np.array(drawn), np.array(lines)]


def colour(number: int) -> tuple[int, ...]:
    return tuple(int(255 * part) for part in colorsys.hsv_to_rgb(number * 0.381 % 1, 0.9, 1))


def mixed(picture: np.ndarray, mask: np.ndarray, paint: tuple[int, ...]) -> np.ndarray:
    """A picture with paint over where the mask is."""
    return np.where(mask[..., None], 0.45 * picture + 0.55 * np.array(paint), picture).astype(np.uint8)


if __name__ == "__main__":
    main()

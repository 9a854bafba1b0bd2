# SPDX-License-Identifier: Apache-2.0
"""How often the judges of `monai_ext.data.quality` are right, on phantoms and on real angiograms, and how long they take (median, 10 to 90 %).

    python benchmarks/frame_quality.py [--xa FOLDER] [--phantoms 200] [--cines 12]

The folder holds ARCADE's training images, all with contrast, as arcade/{syntax,stenosis}/train/images, and dicom/coronary_rca_96f.dcm, whose
frames show no contrast before the 17th by eye. Texts are drawn in four fonts, five sizes, five styles, at seven places, into
100 real angiograms (without the folder: phantoms with contrast) and 50 phantoms without contrast; a text counts as found if a box touches it.
"""

from __future__ import annotations

import argparse
import io
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy

import matplotlib
import numpy as np
import torch
from machine import describe_machine
from PIL import Image, ImageDraw, ImageFont

from monai_ext.data.quality import NO_CONTRAST, contrast_frames, contrast_strength, find_text, is_flat
from monai_ext.phantom import PhantomSettings, draw_angiogram, draw_cine
from monai_ext.phantom.patient import Patient

TEXTS = ["MUSTER, ANNA 12.03.1951", "LAO 30 CRAN 25", "ID 4711", "12.03.2014", "Muster Anna", "RAO 12"]
STYLES = {  # fill, outline, its width
    "white": (255, 0, 0),
    "white, black outline": (255, 0, 1),
    "white, grey outline": (255, 128, 1),
    "black": (0, 255, 0),
    "black, white outline": (0, 255, 1),
}
SIZES = (11, 14, 18, 26, 36)
FONTS = ("", "DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSans-Bold.ttf")
PLACES = ((0, 0), (0, 0.5), (0, 1), (0.5, 0), (1, 0), (1, 0.5), (1, 1))  # share of the free height, of the free width
LEAST_HEIGHT = 10  # pixels of an H


def rate(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})"


def font_of(name: str, size: int) -> ImageFont.FreeTypeFont:
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(folder / name, size) if name else ImageFont.load_default(size)


def write(
    frame: np.ndarray, style: str, rng: np.random.Generator
) -> tuple[Image.Image, tuple[int, int, int, int], int]:
    """The frame with a text, the text's box, and the height of its capitals in pixels."""
    fill, outline, width = STYLES[style]
    font = font_of(FONTS[rng.integers(len(FONTS))], SIZES[rng.integers(len(SIZES))])
    text, place = TEXTS[rng.integers(len(TEXTS))], PLACES[rng.integers(len(PLACES))]
    image = Image.fromarray(frame)
    draw = ImageDraw.Draw(image)
    x0, y0, x1, y1 = draw.textbbox((0, 0), text, font=font, stroke_width=width)
    top, left = (
        round(6 + share * (side - 12 - n))
        for share, side, n in zip(place, frame.shape, (y1 - y0, x1 - x0), strict=True)
    )
    draw.text((left - x0, top - y0), text, font=font, fill=fill, stroke_width=width, stroke_fill=outline)
    _, high, _, low = font.getbbox("H")
    return image, (left, top, left + x1 - x0, top + y1 - y0), round(low - high)


def as_jpeg(image: Image.Image) -> np.ndarray:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return np.asarray(Image.open(buffer))


def touched(box: tuple[int, int, int, int], frame: np.ndarray) -> bool:
    return any(a < box[2] and c > box[0] and b < box[3] and d > box[1] for a, b, c, d in find_text(frame))


def text_recall(frames: Sequence[np.ndarray], seed: int = 0) -> Iterator[str]:
    """Lines of a table: by style, capitals of at least 10 px and lower ones, PNG and JPEG."""
    rng = np.random.default_rng(seed)
    hits: dict[str, dict[tuple[bool, str], list[bool]]] = {style: defaultdict(list) for style in STYLES}
    for frame in frames:
        for style in STYLES:
            image, box, height = write(frame, style, rng)
            for kind, drawn in (("PNG", np.asarray(image)), ("JPEG", as_jpeg(image))):
                hits[style][height >= LEAST_HEIGHT, kind].append(touched(box, drawn))
    for style, by_kind in hits.items():
        for (high, kind), found in sorted(by_kind.items(), reverse=True):
            size = f"capitals of {'at least' if high else 'less than'} {LEAST_HEIGHT} px"
            yield f"| text found, {style}, {size}, {kind} | {rate(sum(found), len(found))} |"


def judge_cines(count: int) -> Iterator[str]:
    """Precision and recall by frame of cines; true are frames whose filled tree is at least so large as a share of its largest."""
    found, filled = [], []
    for index in range(count):
        frame_time = (66.0, 100.0, 133.0)[index % 3]
        drawn = list(draw_cine(index, 0, PhantomSettings(size=256, frames=60, frame_time=frame_time)))
        area = np.array([frame.tree.sum() for frame in drawn])
        filled.append(area / area.max())
        found.append(contrast_frames(np.stack([frame.image for frame in drawn]), frame_time=frame_time))
    kept, share = np.concatenate(found), np.concatenate(filled)
    for least in (0.1, 0.3, 0.5):
        true = share >= least
        yield f"| {count} phantom cines, filled from {least:.0%}: precision | {rate((kept & true).sum(), kept.sum())} |"
        yield f"| {count} phantom cines, filled from {least:.0%}: recall | {rate((kept & true).sum(), true.sum())} |"


def judge_empty_cines(count: int) -> str:
    """Cines of patients who are never injected: none of their frames is filled."""
    found = []
    for index in range(count):
        patient = Patient(index, 1, PhantomSettings(size=256, frames=24, frame_time=66.0))
        cine = np.stack([patient.shoot(frame, contrast=False).image for frame in range(24)])
        found.append(contrast_frames(cine, frame_time=66.0).any())
    return f"| phantom cines without contrast: none of 24 frames found filled | {rate(count - sum(found), count)} |"


def judge_frames(name: str, frames: np.ndarray) -> Iterator[str]:
    yield f"| {name}: below NO_CONTRAST | {rate((contrast_strength(frames) < NO_CONTRAST).sum(), len(frames))} |"
    yield f"| {name}: flat | {rate(sum(map(bool, map(is_flat, frames))), len(frames))} |"
    yield f"| {name}: with text | {rate(sum(map(bool, map(find_text, frames))), len(frames))} |"


def judge_low_exposure(name: str, frames: np.ndarray) -> Iterator[str]:
    for divisor in (4, 8, 16):
        yield f"| {name}: flat when divided by {divisor} | {rate(sum(map(bool, map(is_flat, frames // divisor))), len(frames))} |"


def judge_real_cine(file: Path) -> Iterator[str]:
    import pydicom

    frames = pydicom.dcmread(file).pixel_array
    found = contrast_frames(frames, frame_time=33)
    yield f"| real cine: first 16 frames below NO_CONTRAST | {rate((contrast_strength(frames[:16]) < NO_CONTRAST).sum(), 16)} |"
    yield f"| real cine: frames found filled | {found.sum()} of {len(found)}, the first is {np.argmax(found)} |"
    yield f"| real cine: its first 16 frames alone, found filled | {contrast_frames(frames[:16], frame_time=33).sum()} |"


def milliseconds(call: Callable[[np.ndarray], object], frames: np.ndarray) -> str:
    seconds = []
    for frame in frames:
        start = time.process_time()
        call(frame)
        seconds.append(time.process_time() - start)
    low, middle, high = np.percentile(seconds, [10, 50, 90]) * 1e3
    return f"{middle:.2f} ({low:.2f} to {high:.2f}) ms of processor time a frame"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xa", type=Path, help="folder of real angiograms; without it phantoms only")
    parser.add_argument("--phantoms", type=int, default=200, help="phantoms of 512 px, with and without contrast")
    parser.add_argument("--cines", type=int, default=12, help="phantom cines of 60 frames of 256 px")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(describe_machine(), "\n| what | result |\n|---|---|", sep="\n")
    drawn = {
        contrast: np.stack([draw_angiogram(0, i, contrast=contrast).image for i in range(arguments.phantoms)])
        for contrast in (False, True)
    }
    sets = {"phantoms without contrast": drawn[False], "phantoms with contrast": drawn[True]}
    if arguments.xa:
        files = sorted(arguments.xa.glob("arcade/*/train/images/*"))
        sets["real angiograms"] = np.stack([np.asarray(Image.open(file).convert("L")) for file in files])
    for name, frames in sets.items():
        print(*judge_frames(name, frames), sep="\n", flush=True)
    *_, (name, frames) = sets.items()
    print(*judge_low_exposure(name, frames), *judge_cines(arguments.cines), sep="\n", flush=True)
    print(judge_empty_cines(2 * arguments.cines), flush=True)
    if arguments.xa:
        print(*judge_real_cine(arguments.xa / "dicom" / "coronary_rca_96f.dcm"), sep="\n")
    mixed = [*frames[:: max(1, len(frames) // 100)][:100], *drawn[False][:50]]
    print(*text_recall(mixed), sep="\n", flush=True)
    calls = {
        "contrast_strength": lambda frame: contrast_strength(frame[None]),
        "is_flat": is_flat,
        "find_text": find_text,
    }
    for call, function in calls.items():
        print(f"| {call}, {name} | {milliseconds(function, frames[:200])} |")


if __name__ == "__main__":
    main()

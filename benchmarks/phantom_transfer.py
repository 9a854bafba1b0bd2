# SPDX-License-Identifier: Apache-2.0
"""What a network that saw only synthetic angiograms finds in real ones: Dice and clDice against the experts of ARCADE.

A network is trained on phantoms alone, no real pixel, for a fixed time, and judged on real validation images that it never saw
(read as in vessel_map_quality.py) and on phantoms of another seed, so that the gap between the two shows. Nothing is chosen on
the real images: the last weights are judged, the threshold is 0.5. Training lasts --minutes of the clock, drawing the phantoms not
counted. A busy machine shows a network fewer images in that time; --images instead makes rows comparable there, and repeatable.
Phantoms are drawn once and kept in --cache, under a hash of the code of monai_ext/phantom, the settings, seed, number and labels;
folders of older code may be removed.

--out receives weights.safetensors (every few minutes), log.csv, real.csv and phantoms.csv (a row an image), result.md and worst.png.

    python benchmarks/phantom_transfer.py --xa FOLDER [--network unet] [--minutes 30] [--settings FILE] [--out FOLDER]
    python benchmarks/phantom_transfer.py --xa FOLDER --eval-only FOLDER/weights.safetensors
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: threads that spin starve on a shared machine

import argparse
import csv
import math
import shlex
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from machine import describe_machine
from matplotlib.figure import Figure
from monai.losses import DiceCELoss
from monai.networks.nets import UNet
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm
from vessel_map_quality import draw, read_cases, segment

from monai_ext.data import FrameDataset, open_frames
from monai_ext.engines import PrepareFrames
from monai_ext.metrics import compute_cl_dice
from monai_ext.networks import UNeXt, read_weights, seeded, write_weights
from monai_ext.ops import atomic_file, unpack_bits

MEAN, STD = 0.45, 0.18  # as in bundles/vasomim_pretrain/configs/train_segmentor.json
FRAME_SIZE = 512
LEARNING_RATES = {"unext": 2e-3, "unet": 1e-3}
WARM_UP = 0.05  # of the time
HELD_OUT = 1_000_003  # from the seed of the training phantoms to that of the held-out ones
SECONDS_A_LINE, SECONDS_A_FILE = 10, 120
MEASURES = ("dice", "cldice", "precision", "recall")


class Case(NamedTuple):
    """An image with its reference; and, once judged, what was found and how good it is."""

    name: str
    image: np.ndarray
    reference: np.ndarray
    found: np.ndarray | None = None
    scores: tuple[float, ...] = ()


def real_cases(folder: Path, count: int) -> Iterator[Case]:
    for file, polygons in read_cases(folder / "arcade" / "syntax", "val", count):
        image = np.array(Image.open(file).convert("L"))
        yield Case(file.stem, image, draw(polygons, image.shape))


def phantom_cases(frames: FrameDataset) -> Iterator[Case]:
    for name, frame in zip(frames.files, frames, strict=False):
        yield Case(name, frame["image"][0].numpy(), unpack_bits(frame["vessels"])[0].numpy().astype(bool))


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    return float((part & whole).sum() / max(1, part.sum()))


def scores_of(found: np.ndarray, reference: np.ndarray) -> tuple[float, ...]:
    """`MEASURES` of one image; all 0 where nothing was found."""
    dice = 2 * (found & reference).sum() / max(1, found.sum() + reference.sum())
    return float(dice), compute_cl_dice(found, reference), _share(found, reference), _share(reference, found)


@torch.no_grad()
def evaluate(network: nn.Module, cases: Iterable[Case], size: int) -> list[Case]:
    """The cases, judged: whole images reduced to the size, the map at that of the image."""
    network.eval()
    judged = []
    for case in tqdm(cases, "judging", unit="image", mininterval=5):
        image = torch.from_numpy(case.image)[None, None]
        found = segment(image, network, size, MEAN, STD)[0, 0].numpy()
        judged.append(case._replace(found=found, scores=scores_of(found, case.reference)))
    return judged


def build_network(name: str, seed: int) -> nn.Module:
    """UNeXt-S (0.25 M parameters), or a U-net (0.66 M) that halves the image first and so is nearly as fast on a CPU."""
    if name == "unext":
        return UNeXt(1, 1, "small", seed=seed)
    with seeded(seed):
        network = UNet(2, 1, 1, (16, 32, 64, 128, 256), (2, 2, 2, 2), num_res_units=0, norm="batch")
    return network.to(memory_format=torch.channels_last)


def batches(frames: FrameDataset, size: int, seed: int) -> Iterator[dict[str, Tensor]]:
    """Without end; each epoch in a new order."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        for rows in torch.randperm(len(frames), generator=generator).split(size):
            yield frames.__getitems__(rows.tolist())


def vary(image: Tensor, generator: torch.Generator) -> Tensor:
    """Another gamma (0.6 to 1.6), contrast (0.7 to 1.3) and brightness (±0.15) for each image."""
    gamma, contrast, brightness = torch.rand(3, len(image), 1, 1, 1, generator=generator)
    grey = (image * STD + MEAN).clamp(0, 1) ** (0.6 * (1.6 / 0.6) ** gamma)
    middle = grey.mean((2, 3), keepdim=True)
    grey = middle + (grey - middle) * (0.7 + 0.6 * contrast) + 0.3 * (brightness - 0.5)
    return (grey.clamp(0, 1) - MEAN) / STD


def rate_at(progress: float) -> float:
    """Share of the learning rate: up in a line, down to 0 in half a cosine; progress in [0, 1]."""
    return min(1.0, progress / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, progress)))


def train(network: nn.Module, frames: FrameDataset, arguments: argparse.Namespace) -> Journal:
    """Trains for the time, or the number of images, given."""
    prepare = PrepareFrames(
        image_size=arguments.image_size, mean=MEAN, std=STD, seed=arguments.seed, flip=False, area=tuple(arguments.area)
    )
    loss_of = DiceCELoss(sigmoid=True, batch=True, lambda_dice=0.5, lambda_ce=0.5)
    peak = arguments.learning_rate or LEARNING_RATES[arguments.network]
    optimizer = torch.optim.AdamW(network.parameters(), peak, weight_decay=1e-2, fused=True)
    generator = torch.Generator().manual_seed(arguments.seed)
    network.train()
    with Journal(arguments.out, network, 60 * arguments.minutes, arguments.images) as journal:
        for batch in batches(frames, arguments.batch_size, arguments.seed):
            image, label = prepare(batch, "cpu")
            image = vary(image, generator) if arguments.augment else image
            optimizer.param_groups[0]["lr"] = peak * rate_at(journal.progress())
            loss = loss_of(network(image), label.float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            journal.note(len(image), loss.item(), optimizer.param_groups[0]["lr"])
            if journal.progress() >= 1:
                break
    return journal


class Journal:
    """Keeps the time of a training, its log and its weights; a row of the log is the mean of the last seconds.

    Args:
        folder: for log.csv and weights.safetensors.
        network: whose weights are kept.
        seconds: that the training lasts.
        target: number of images that it lasts instead; None for the seconds.
    """

    def __init__(self, folder: Path, network: nn.Module, seconds: float, target: int | None) -> None:
        self.folder, self.network, self.seconds, self.target = folder, network, seconds, target
        self.images, self.minutes, self._losses = 0, 0.0, []

    def __enter__(self) -> Journal:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._log = (self.folder / "log.csv").open("w", buffering=1)
        self._log.write("minutes,images,loss,learning_rate\n")
        self._bar = tqdm(desc="training", unit="image", mininterval=5)
        self._start = self._line = self._file = time.perf_counter()
        return self

    def progress(self) -> float:
        """Share of the training that is done; above 1 once the time is over."""
        if self.target:
            return self.images / self.target
        return (time.perf_counter() - self._start) / self.seconds

    def note(self, images: int, loss: float, rate: float) -> None:
        """After each step."""
        now = time.perf_counter()
        self.images, self.minutes = self.images + images, (now - self._start) / 60
        self._losses.append(loss)
        self._bar.update(images)
        if now - self._line >= SECONDS_A_LINE:
            mean = sum(self._losses) / len(self._losses)
            self._log.write(f"{self.minutes:.2f},{self.images},{mean:.4f},{rate:.2e}\n")
            self._bar.set_postfix(loss=f"{mean:.3f}", done=f"{self.progress():.0%}")
            self._line, self._losses = now, []
        if now - self._file >= SECONDS_A_FILE:
            self.save()
            self._file = now

    def save(self) -> None:
        write_weights(self.network.state_dict(), self.folder / "weights.safetensors")

    def __exit__(self, *_: object) -> None:
        self.save()
        self._bar.close()
        self._log.close()


def row(arguments: argparse.Namespace, journal: Journal | None, tested: str, cases: list[Case]) -> str:
    """A row of the table: mean ± standard deviation over the images; plain means of precision and recall."""
    mean, deviation = (f(np.array([case.scores for case in cases]), axis=0) for f in (np.mean, np.std))
    trained = [f"{arguments.phantoms}", f"{journal.images}", f"{journal.minutes:.1f}"] if journal else ["", "", ""]
    scores = [f"{mean[k]:.3f} ± {deviation[k]:.3f}" for k in (0, 1)] + [f"{mean[k]:.3f}" for k in (2, 3)]
    cells = [f"{arguments.network}, {arguments.judge_size} px", arguments.labels, *trained, f"{len(cases)} {tested}"]
    return f"| {' | '.join(cells + scores)} |"


def report(arguments: argparse.Namespace, journal: Journal | None, real: list[Case], phantoms: list[Case]) -> str:
    """Machine, command and table, as it is printed."""
    names = "network | labels | phantoms | images seen | minutes | judged on | Dice | clDice | precision | recall"
    rows = [row(arguments, journal, "ARCADE val", real)]
    rows += [row(arguments, journal, "held-out phantoms", phantoms)] if phantoms else []
    command = shlex.join(["python", "benchmarks/phantom_transfer.py", *sys.argv[1:]])
    return "\n".join([describe_machine(), command, "", f"| {names} |", "|---" * len(names.split(" | ")) + "|", *rows])


def write_table(file: Path, cases: list[Case]) -> None:
    with atomic_file(file) as temporary, temporary.open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["image", *MEASURES])
        table.writerows([case.name, *(f"{score:.4f}" for score in case.scores)] for case in cases)


def draw_worst(file: Path, cases: list[Case]) -> None:
    """The six worst images, the middle three and the three best; outlines of the expert and of the network."""
    ranked = sorted(cases, key=lambda case: case.scores[0])
    middle = max(0, len(ranked) // 2 - 1)
    shown = ranked[:6] + ranked[middle : middle + 3] + ranked[-3:]
    figure = Figure(figsize=(18, 6.4), layout="constrained")
    for axes, case in zip(figure.subplots(2, 6).flat, shown, strict=False):
        axes.imshow(case.image, cmap="gray", vmin=0, vmax=255)
        for mask, colour in ((case.reference, "deepskyblue"), (case.found, "orange")):
            if mask.any() and not mask.all():
                axes.contour(mask, [0.5], colors=colour, linewidths=0.8)
        axes.set_title(f"{case.name}: Dice {case.scores[0]:.2f}, clDice {case.scores[1]:.2f}", fontsize=9)
    for axes in figure.axes:
        axes.set_axis_off()
    figure.suptitle("Worst six, middle three, best three; blue: expert, orange: network", fontsize=11)
    with atomic_file(file) as temporary:
        figure.savefig(temporary, dpi=100, format="png")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xa", type=Path, required=True, help="folder that holds arcade/syntax")
    parser.add_argument("--network", choices=LEARNING_RATES, default="unext", help="UNeXt-S or a U-net")
    parser.add_argument("--minutes", type=float, default=30, help="of training")
    parser.add_argument("--images", type=int, help="to train on, with repeats, instead of the minutes")
    parser.add_argument("--phantoms", type=int, default=2000, help="different ones to train on, each 0.3 MB of disk")
    parser.add_argument("--held_out", type=int, default=64, help="phantoms to judge on; 0 for none")
    parser.add_argument("--count", type=int, default=50, help="real images to judge on, the first by id")
    parser.add_argument("--labels", choices=["judged", "vessels", "tree"], default="judged", help="to learn")
    parser.add_argument("--settings", type=Path, help="JSON file of PhantomSettings")
    parser.add_argument("--image_size", type=int, default=320, help="side of crops, a multiple of 32")
    parser.add_argument(
        "--judge_size", type=int, default=384, help="side of judged images: the mean scale of the crops"
    )
    parser.add_argument("--area", type=float, nargs=2, default=(0.35, 1.0), help="share of a phantom in a crop")
    parser.add_argument("--augment", action="store_true", help="vary gamma, contrast and brightness too")
    parser.add_argument("--batch_size", type=int, default=16, help="images of a step")
    parser.add_argument("--learning_rate", type=float, help="highest one; of the network when left out")
    parser.add_argument("--seed", type=int, default=0, help="of phantoms, weights, crops and order")
    parser.add_argument("--threads", type=int, default=2, help="of the training")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "phantom_transfer")
    parser.add_argument("--out", type=Path, default=Path("runs/phantom_transfer"), help="folder of the results")
    parser.add_argument("--eval-only", type=Path, metavar="WEIGHTS", help="judge these weights, train nothing")
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    torch.set_num_threads(arguments.threads)

    def frames_of(count: int, seed: int) -> FrameDataset:
        return open_frames(
            phantom_count=count, seed=seed, phantom_labels=arguments.labels, phantom_settings=arguments.settings,
            size=FRAME_SIZE, cache_dir=arguments.cache,
        )  # fmt: skip

    network = build_network(arguments.network, arguments.seed)
    held_out = frames_of(arguments.held_out, arguments.seed + HELD_OUT) if arguments.held_out else None
    if arguments.eval_only:
        network.load_state_dict(read_weights(arguments.eval_only))
        journal = None
    else:
        journal = train(network, frames_of(arguments.phantoms, arguments.seed), arguments)
    real = evaluate(network, real_cases(arguments.xa, arguments.count), arguments.judge_size)
    phantoms = evaluate(network, phantom_cases(held_out), arguments.judge_size) if held_out else []
    text = report(arguments, journal, real, phantoms)
    write_table(arguments.out / "real.csv", real)
    write_table(arguments.out / "phantoms.csv", phantoms)
    draw_worst(arguments.out / "worst.png", real)
    with atomic_file(arguments.out / "result.md") as temporary:
        temporary.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()

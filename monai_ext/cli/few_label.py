# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shlex
from argparse import Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Sequence
from pathlib import Path

import monai_ext

from .command_error import CommandError
from .few_label_cell import FewLabelCell
from .few_label_experiment import FewLabelExperiment
from .few_label_manifest import FewLabelManifest
from .few_label_plan import FewLabelPlan
from .one_at_a_time import one_at_a_time
from .starting_weights import StartingWeights

__all__ = ["add_few_label"]

_BUNDLE = Path(monai_ext.__file__).resolve().parents[1] / "bundles" / "vasomim_seg"
_DESCRIPTION = """\
What is pre-training worth where labels are few?

Trains and evaluates the segmentation bundle for each of the starting weights, each share of the labelled images and each seed, and
puts Dice and clDice into a table and a picture. A seed draws the same labelled images for all weights. All trainings see about the same
number of images: --epochs is for all labels, a tenth of them gets ten times as many. Stopped or killed at any moment, the same command goes on
where it was.
"""
_EPILOG = """\
starting weights
  none         from scratch
  unet         a U-net from scratch (configs/baseline_unet.json): what one would do without all this
  NAME=FILE    an encoder, as the bundle's initial_weights: models/model.pt of the pre-training bundle, or timm, MAE or Hugging Face
               ViTMAE files. NAME stands in the table. The encoder must be of the model's size (--knob model=small).

what it writes
  OUT/table.md        rows: weights, columns: labelled images; mean ± deviation over seeds, and the command: paste it
  OUT/few_label.png   the same as curves
  OUT/results.csv     a row for each training
  OUT/WEIGHTS_FRACTION_SEED/   of each training: log.txt, report.html, model.pt, evaluation/report.html
  OUT/experiment.json what was asked, and the bundle's commands of each training
  All are there after the first training, and grow. With other weights, fractions or seeds, a command into the same OUT adds to it.

how long
  As many trainings as weights x fractions x seeds. A log begins with the estimate for its own. On a large GPU --jobs 8 trains eight at a time.

examples
  vasomim experiment few-label --dataset_dir /data/arcade --weights none unet vasomim=encoder.pt mae=mae.pt --fractions 0.01 0.1 1 --seeds 0 1 2
        --split test --out runs/few_label --jobs 8
  vasomim experiment few-label --weights none vasomim=encoder.pt --knob model=tiny --knob image_size=128 --epochs 10 --out runs/try
        (synthetic angiograms, to see it work)

With --split val, the epoch is chosen on the images that are judged (and the threshold with --knob threshold=, which is 0.5 otherwise): use
--split test for numbers to publish.
"""


def add_few_label(experiments: _SubParsersAction) -> None:
    """Adds `vasomim experiment few-label`, which tells what pre-training is worth with few labels."""
    parser = experiments.add_parser(
        "few-label",
        help="what is pre-training worth where labels are few? weights x labels x seeds",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    grid = parser.add_argument_group("what to compare")
    grid.add_argument("--weights", nargs="+", required=True, metavar="W", help="none, unet or NAME=FILE; see below")
    grid.add_argument(
        "--fractions", nargs="+", type=float, default=[0.1, 1.0], metavar="F", help="shares of the labels (0.1 1)"
    )
    grid.add_argument("--seeds", nargs="+", type=int, default=[0], metavar="S", help="of labels, weights, order (0)")
    data = parser.add_argument_group("on what")
    data.add_argument(
        "--dataset_dir", nargs="+", default=[], metavar="DIR", help="as in the bundle; left out: synthetic angiograms"
    )
    data.add_argument("--task", choices=("vessel", "segment", "stenosis"), default="vessel", help="(vessel)")
    splits = ("val", "test", "train", "all")  # a wrong one would show after the first training
    data.add_argument("--split", choices=splits, default="val", help="images that are judged (val)")
    how = parser.add_argument_group("how")
    how.add_argument("--out", required=True, metavar="DIR", help="a new folder, or that of the same experiment")
    how.add_argument("--epochs", type=int, default=40, metavar="N", help="with all labels; more with fewer (40)")
    how.add_argument("--jobs", type=int, default=1, metavar="N", help="trainings at a time, on one device (1)")
    how.add_argument(
        "--knob", action="append", default=[], metavar="K=V", help="a further option of the bundle; may be repeated"
    )
    how.add_argument(
        "--bundle", default=str(_BUNDLE), metavar="DIR", help="the segmentation bundle (that beside this package)"
    )
    parser.set_defaults(
        run=_run,
        command="experiment few-label",
        stopped="stopped; the same command goes on where it was, finished trainings stay.",
    )


def _run(options: Namespace) -> None:
    _check(options)
    plan, weights, out = _plan(options), _weights(options.weights), Path(options.out).resolve()
    cells = [
        FewLabelCell(plan, start, fraction, seed, out)
        for seed in dict.fromkeys(options.seeds)  # outermost: after the first seed there is a whole table
        for fraction in dict.fromkeys(float(f"{fraction:g}") for fraction in options.fractions)
        for start in weights
    ]
    FewLabelManifest(out, plan)  # refuses another experiment's folder before anything is written
    try:
        with one_at_a_time(out):
            manifest = FewLabelManifest(out, plan)
            manifest.add(cells, _typed(options))
            FewLabelExperiment(manifest, cells, jobs=options.jobs).run()
    except OSError as error:
        raise CommandError(
            f"--out must be a folder that can be written, got '{out}' ({error.strerror or error})."
        ) from error
    print(Path(options.out, "table.md").read_text(encoding="utf-8"))
    print(
        f"Open '{Path(options.out, 'few_label.png')}'; each training has a report.html of its own in '{options.out}'."
    )


def _check(options: Namespace) -> None:
    if options.jobs < 1:
        raise CommandError(f"--jobs must be at least 1, got {options.jobs}.")
    for fraction in options.fractions:
        if not 0 < fraction <= 1:
            raise CommandError(f"--fractions must be above 0 and at most 1, got {fraction:g}.")
    for seed in options.seeds:
        if seed < 0:
            raise CommandError(f"--seeds must be at least 0, got {seed}.")


def _plan(options: Namespace) -> FewLabelPlan:
    """Processes are started in the bundle, so paths become absolute."""
    folders = tuple(str(Path(folder).resolve()) for folder in options.dataset_dir)
    knobs = {}
    for text in options.knob:
        name, given, value = text.partition("=")
        if not name or not given:
            raise CommandError(f"--knob must be NAME=VALUE, got '{text}'.")
        is_path = name.endswith(("_dir", "_file")) and value and value[0] not in "$@"  # '' is null, $ an expression
        knobs[name] = str(Path(value).resolve()) if is_path else value
    return FewLabelPlan(Path(options.bundle).resolve(), options.task, folders, options.split, options.epochs, knobs)


def _weights(texts: Sequence[str]) -> list[StartingWeights]:
    weights = [StartingWeights.parse(text) for text in texts]
    names = [start.name for start in weights]
    for name in names:
        if names.count(name) > 1:
            raise CommandError(f"--weights must have different names, got '{name}' twice.")
    return weights


def _typed(options: Namespace) -> str:
    """The command, with paths as they were given; --jobs changes nothing that can be seen."""
    words = ["vasomim", *options.command.split()]
    for name in ("dataset_dir", "task", "split", "weights", "fractions", "seeds", "epochs"):
        value = getattr(options, name)
        values = value if isinstance(value, list) else [value]
        words += [f"--{name}", *(f"{v:g}" if isinstance(v, float) else str(v) for v in values)] if values else []
    for knob in options.knob:
        words += ["--knob", knob]
    if options.bundle != str(_BUNDLE):
        words += ["--bundle", options.bundle]
    return shlex.join([*words, "--out", options.out])

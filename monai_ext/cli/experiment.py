# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from argparse import _SubParsersAction

from .few_label import add_few_label

__all__ = ["add_experiment"]

_EXPERIMENTS = (add_few_label,)


def add_experiment(commands: _SubParsersAction) -> None:
    """Adds `vasomim experiment`, a group of commands: comparisons of many trainings, with a table and a picture at the end."""
    parser = commands.add_parser(
        "experiment",
        help="compare many trainings: a table and a picture",
        description="Comparisons of many trainings of a bundle, with a table and a picture at the end. They go on where they were stopped.",
    )
    experiments = parser.add_subparsers(title="experiments", metavar="EXPERIMENT", dest="experiment", required=True)
    for add in _EXPERIMENTS:
        add(experiments)

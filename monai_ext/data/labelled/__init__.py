# SPDX-License-Identifier: Apache-2.0
"""Images with their labels, to train a task and to judge it."""

from .label_source import LABELS, MASKS, label_source
from .labelled_boxes import LabelledBoxes
from .labelled_images import LabelledImages
from .labelled_items import labelled_items
from .phantom_arcade import phantom_arcade
from .read_labelled import read_labelled
from .read_outlines import read_outlines

__all__ = [
    "LABELS",
    "MASKS",
    "LabelledBoxes",
    "LabelledImages",
    "label_source",
    "labelled_items",
    "phantom_arcade",
    "read_labelled",
    "read_outlines",
]

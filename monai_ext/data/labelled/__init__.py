# SPDX-License-Identifier: Apache-2.0
"""Images with their labels, to train a task and to judge it."""

from .label_source import LABELS, label_source
from .labelled_images import LabelledImages
from .labelled_items import labelled_items
from .phantom_arcade import phantom_arcade
from .read_labelled import read_labelled

__all__ = ["LABELS", "LabelledImages", "label_source", "labelled_items", "phantom_arcade", "read_labelled"]

# SPDX-License-Identifier: Apache-2.0
"""Public angiogram data sets, and folders of one's own, as records: where an image lies and what is known about it."""

from .arcade_view import arcade_view
from .box import Box
from .draw_polygons import draw_polygons
from .fault import Fault
from .find_source import find_source
from .label_fraction import label_fraction
from .listing import Listing
from .read_label import read_label
from .read_records import read_records
from .readers import READERS
from .record import Record
from .split_by_patient import split_by_patient

__all__ = [
    "READERS",
    "Box",
    "Fault",
    "Listing",
    "Record",
    "arcade_view",
    "draw_polygons",
    "find_source",
    "label_fraction",
    "read_label",
    "read_records",
    "split_by_patient",
]

# SPDX-License-Identifier: Apache-2.0
"""Synthetic coronary angiograms with their labels, and their files; the embedded default data."""

from .angiogram import Angiogram, Centreline, Stenosis
from .angiogram_labels import angiogram_labels
from .arcade_writer import ArcadeWriter
from .cine_writer import CineWriter
from .contact_sheet import contact_sheet
from .dicom_angiogram import dicom_angiogram
from .dicom_writer import DicomWriter
from .draw_angiogram import PHANTOM_VERSION, draw_angiogram
from .draw_cine import draw_cine
from .folder_writer import FolderWriter
from .outline_mask import outline_mask
from .picture_card import picture_card
from .segments import SEGMENTS
from .settings import PhantomSettings
from .write_labels import write_labels

__all__ = [
    "PHANTOM_VERSION",
    "SEGMENTS",
    "Angiogram",
    "ArcadeWriter",
    "Centreline",
    "CineWriter",
    "DicomWriter",
    "FolderWriter",
    "PhantomSettings",
    "Stenosis",
    "angiogram_labels",
    "contact_sheet",
    "dicom_angiogram",
    "draw_angiogram",
    "draw_cine",
    "outline_mask",
    "picture_card",
    "write_labels",
]

# SPDX-License-Identifier: Apache-2.0
"""Angiograms of public data sets, folders, DICOM files or synthetic ones: as records, and as frames in a corpus."""

from . import curation, quality, records, xa
from .cache_frames import FrameSource, cache_frames
from .collate_batch import collate_batch
from .collate_same_size import collate_same_size
from .curation import CurationOptions, curate
from .device_data_loader import DeviceDataLoader
from .find_angiograms import find_angiograms
from .find_images import ImageListing, find_images
from .frame_dataset import FrameDataset
from .frame_sampler import FrameSampler
from .frames import open_frames
from .image_folders import ImageFolders
from .labelled import LabelledBoxes, LabelledImages, labelled_items
from .load_angiogram import LoadAngiogram
from .load_angiogram_dict import LoadAngiogramd
from .nifti_cine import NiftiCine
from .own_process_group import own_process_group
from .phantoms import Phantoms
from .read_grey import read_grey
from .read_nifti import read_nifti
from .readable_images import readable_images
from .records import Record, read_records
from .xa import LoadImageXA, LoadImageXAd, LoadImageXADict, XACine, read_xa, read_xa_header

__all__ = [
    "CurationOptions",
    "DeviceDataLoader",
    "FrameDataset",
    "FrameSampler",
    "FrameSource",
    "ImageFolders",
    "ImageListing",
    "LabelledBoxes",
    "LabelledImages",
    "LoadAngiogram",
    "LoadAngiogramd",
    "LoadImageXA",
    "LoadImageXADict",
    "LoadImageXAd",
    "NiftiCine",
    "Phantoms",
    "Record",
    "XACine",
    "cache_frames",
    "collate_batch",
    "collate_same_size",
    "curate",
    "curation",
    "find_angiograms",
    "find_images",
    "labelled_items",
    "open_frames",
    "own_process_group",
    "quality",
    "read_grey",
    "read_nifti",
    "read_records",
    "read_xa",
    "read_xa_header",
    "readable_images",
    "records",
    "xa",
]

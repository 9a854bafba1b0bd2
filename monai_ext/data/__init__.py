# SPDX-License-Identifier: Apache-2.0
"""Angiograms from folders, or synthetic ones, as frames in a cache."""

from .cache_frames import CACHE_VERSION, FrameSource, cache_frames
from .collate_batch import collate_batch
from .find_images import ImageListing, find_images
from .frame_dataset import FrameDataset
from .frames import open_frames
from .image_folders import ImageFolders
from .phantoms import Phantoms
from .read_grey import read_grey
from .readable_images import readable_images

__all__ = [
    "CACHE_VERSION",
    "FrameDataset",
    "FrameSource",
    "ImageFolders",
    "ImageListing",
    "Phantoms",
    "cache_frames",
    "collate_batch",
    "find_images",
    "open_frames",
    "read_grey",
    "readable_images",
]

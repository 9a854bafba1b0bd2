# SPDX-License-Identifier: Apache-2.0
"""Leaf of the package: tensor functions, and the one way to write a file; imports nothing else of ours."""

from .affine import affine_warp, random_affines
from .atomic_file import atomic_file
from .bits import unpack_bits
from .boxes import clip_boxes, outline_boxes, warp_points
from .crop import crop_resize, crop_resize_nearest, full_boxes, random_crop_boxes
from .exclusive_file import exclusive_file
from .gaussian_blur import gaussian_blur
from .intensity import vary_intensity
from .link_boxes import Lesion, link_boxes
from .masking import guided_mask, hidden_count, patch_distribution, random_mask
from .match_boxes import match_boxes
from .patch_norm import denormalise_patches, normalise_patches, patch_errors
from .patches import patch_grid, patchify, unpatchify
from .positions import sincos_positions
from .sato_ridge import sato_ridge
from .usable_cores import usable_cores
from .vessel_map import extract_vessels
from .xray_field import xray_field

__all__ = [
    "Lesion",
    "affine_warp",
    "atomic_file",
    "clip_boxes",
    "crop_resize",
    "crop_resize_nearest",
    "denormalise_patches",
    "exclusive_file",
    "extract_vessels",
    "full_boxes",
    "gaussian_blur",
    "guided_mask",
    "hidden_count",
    "link_boxes",
    "match_boxes",
    "normalise_patches",
    "outline_boxes",
    "patch_distribution",
    "patch_errors",
    "patch_grid",
    "patchify",
    "random_affines",
    "random_crop_boxes",
    "random_mask",
    "sato_ridge",
    "sincos_positions",
    "unpack_bits",
    "unpatchify",
    "usable_cores",
    "vary_intensity",
    "warp_points",
    "xray_field",
]

# SPDX-License-Identifier: Apache-2.0
"""Synthetic coronary angiograms with their vessels; the embedded default data."""

from .angiogram import PHANTOM_VERSION, draw_angiogram
from .phantom_dataset import PhantomDataset

__all__ = ["PHANTOM_VERSION", "PhantomDataset", "draw_angiogram"]

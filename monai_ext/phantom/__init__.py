# SPDX-License-Identifier: Apache-2.0
"""Synthetic coronary angiograms with their vessels; the embedded default data."""

from .angiogram import PHANTOM_VERSION, draw_angiogram

__all__ = ["PHANTOM_VERSION", "draw_angiogram"]

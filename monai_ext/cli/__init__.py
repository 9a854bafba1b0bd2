# SPDX-License-Identifier: Apache-2.0
"""The command `vasomim`; knows every other part, and none knows it."""

from .main import main

__all__ = ["main"]

# SPDX-License-Identifier: Apache-2.0
"""Which parameters learn how."""

from .weight_decay_groups import weight_decay_groups

__all__ = ["weight_decay_groups"]

# SPDX-License-Identifier: Apache-2.0
"""Which parameters learn how, and how fast."""

from .layer_decay_groups import layer_decay_groups
from .polynomial import polynomial_schedule
from .stepwise_schedule import stepwise
from .weight_decay_groups import weight_decay_groups

__all__ = ["layer_decay_groups", "polynomial_schedule", "stepwise", "weight_decay_groups"]

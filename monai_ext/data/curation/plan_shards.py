# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
from itertools import groupby

from .build_shard import ShardPlan
from .frame_table import FrameTable

__all__ = ["plan_shards"]


def plan_shards(table: FrameTable, shard_frames: int, facts: dict) -> list[ShardPlan]:
    """Shards of the kept frames, in their order.

    Args:
        table: of the frames.
        shard_frames: in each shard but the last.
        facts: JSON values, what else a shard depends on.
    """
    kept = table.kept()
    return [_plan(table, kept[start : start + shard_frames], facts) for start in range(0, len(kept), shard_frames)]


def _plan(table: FrameTable, rows: list[int], facts: dict) -> ShardPlan:
    chosen = [
        (table.files[file].file, tuple(int(row["frame"]) for row in group))
        for file, group in groupby(table.rows[rows], key=lambda row: int(row["file"]))
    ]
    content = [facts, [(str(file.path), file.stamp, frames) for file, frames in chosen]]
    name = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]
    return ShardPlan(name, tuple((file.path, frames) for file, frames in chosen))

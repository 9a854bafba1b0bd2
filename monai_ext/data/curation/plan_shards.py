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
    return [
        _plan(number, table, kept[start : start + shard_frames], facts)
        for number, start in enumerate(range(0, len(kept), shard_frames))
    ]


def _plan(number: int, table: FrameTable, rows: list[int], facts: dict) -> ShardPlan:
    chosen = table.rows[rows]
    files = tuple(
        (table.files[file].file.path, tuple(int(row["frame"]) for row in group))
        for file, group in groupby(chosen, key=lambda row: int(row["file"]))
    )
    content = [facts, [(str(path), frames) for path, frames in files], chosen["hash"].tolist()]
    return ShardPlan(number, hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24], files)

# SPDX-License-Identifier: Apache-2.0
"""Curation of a thousand damaged files: no crash, no hang, no half-written shard."""

import csv
import signal

import numpy as np
import pytest
from fuzz_files import damage, dicom_files, image_files

from monai_ext.data import CurationOptions, curate
from monai_ext.data.shard_writer import ShardWriter

pytest.importorskip("gdcm")
SECONDS = 300


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_damaged_files_are_told_and_the_others_make_a_corpus(tmp_path, count):
    source = tmp_path / "source"
    source.mkdir()
    kinds = (dicom_files(tmp_path), image_files())
    for seed in range(count):
        rng = np.random.default_rng(seed)
        wholes = kinds[seed % 2]
        name = f"{seed:04}.{'png' if seed % 2 else 'dcm'}"
        whole = wholes[rng.integers(len(wholes))]
        (source / name).write_bytes(whole if seed % 10 == 0 else damage(whole, rng))
    options = CurationOptions(size=64, min_side=8, near=-1, keep_all=True)
    if hasattr(signal, "alarm"):
        signal.alarm(SECONDS)  # a hang ends the test run, loudly
    sources = [f"dicom={source}", f"images={source}"]
    corpus = curate(
        sources, tmp_path / "corpus", options=options, salt_file=tmp_path / "salt", progress=False, shard_frames=64
    )
    signal.alarm(0)
    shards = [np.load(file, mmap_mode="r") for file in sorted((corpus.folder / "shards").iterdir())]
    assert sum(map(len, shards)) == len(corpus) and {shard.dtype for shard in shards} == {ShardWriter.dtype(64)}
    with open(corpus.folder / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    files = {row["frame"].split("-")[0] for row in rows}
    broken = {row["frame"].split("-")[0] for row in rows if row["verdict"] == "unreadable"}
    left_out = (
        sum(sum(reasons.values()) for reasons in corpus.facts["left_out"].values()) - count
    )  # the other kind's files
    assert len(files) + left_out == count and count // 4 < len(broken) < count
    assert sum(row["verdict"] == "kept" for row in rows) == len(corpus)
    assert not list(tmp_path.rglob("*.tmp")) and not list(tmp_path.glob("*.work"))

# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from monai_ext.data import FrameDataset, ImageFolders, Phantoms, cache_frames, collate_batch, open_frames
from monai_ext.ops import extract_vessels, unpack_bits
from monai_ext.phantom import draw_angiogram


@pytest.fixture
def folder(tmp_path) -> Path:
    """Images of three sizes, one of them broken and one too small."""
    images = tmp_path / "images"
    images.mkdir()
    for i, (height, width) in enumerate([(64, 64), (50, 60), (200, 100)]):
        Image.fromarray(draw_angiogram(3, i, 256)[0][:height, :width]).save(images / f"{i}.png")
    (images / "3.png").write_bytes((images / "0.png").read_bytes()[:100])
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(images / "4.png")
    return images


def test_frames_lie_in_the_corner_with_their_extent(folder, tmp_path):
    dataset = open_frames(folder, size=64, cache_dir=tmp_path / "cache")
    assert [Path(f).name for f in dataset.files] == ["0.png", "1.png", "2.png"]
    sample = dataset[1]
    assert sample["image"].shape == (1, 64, 64) and sample["vessels"].shape == (1, 64, 8)
    assert sample["extent"].tolist() == [50, 60]
    pixels = np.asarray(Image.open(folder / "1.png"))
    assert np.array_equal(sample["image"][0, :50, :60].numpy(), pixels) and sample["image"][0, 50:].max() == 0
    expected = extract_vessels(torch.from_numpy(pixels.astype(np.float32))[None, None])[0, 0]
    assert torch.equal(unpack_bits(sample["vessels"])[0, :50, :60], expected)


def test_large_frames_are_reduced_and_small_ones_are_not_enlarged(folder, tmp_path):
    dataset = open_frames(folder, size=64, cache_dir=tmp_path / "cache")
    assert [dataset[i]["extent"].tolist() for i in range(3)] == [[64, 64], [50, 60], [64, 32]]
    expected = np.asarray(Image.open(folder / "2.png").resize((32, 64), Image.Resampling.BICUBIC))
    assert np.array_equal(dataset[2]["image"][0, :, :32].numpy(), expected)


def test_broken_and_small_images_are_skipped_and_reported(folder, tmp_path, caplog):
    dataset = open_frames(folder, size=64, cache_dir=tmp_path / "cache")
    assert "2 of 5 frames were skipped" in caplog.text
    assert "3.png" in caplog.text and "sides must be at least 32 px, got 9x9" in caplog.text
    assert "3 angiograms" in dataset.describe() and "2 skipped" in dataset.describe()
    assert len(dataset.summary()["skipped"]) == 2


def test_nothing_readable_is_an_error_and_leaves_nothing(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "1.png").write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"none of 1 frames can be read:\n.*1.png"):
        open_frames(tmp_path / "images", size=64, cache_dir=tmp_path / "cache")
    assert not any((tmp_path / "cache").iterdir())


def test_a_batch_is_its_samples_and_passes_the_loader(tmp_path):
    dataset = open_frames(None, phantom_count=5, size=64, cache_dir=tmp_path)
    batch = dataset.__getitems__([4, 0, 4])
    for name, values in batch.items():
        assert torch.equal(values, torch.stack([dataset[i][name] for i in (4, 0, 4)]))
    loader = torch.utils.data.DataLoader(dataset, batch_size=2, collate_fn=collate_batch, num_workers=1)
    assert torch.equal(torch.cat([b["image"] for b in loader]), dataset.__getitems__(range(5))["image"])


def test_phantoms_keep_their_exact_map(tmp_path, global_rng_untouched):
    dataset = open_frames(None, phantom_count=2, seed=7, size=64, cache_dir=tmp_path)
    image, vessels = draw_angiogram(7, 1, 64)
    assert np.array_equal(dataset[1]["image"][0].numpy(), image)
    assert np.array_equal(unpack_bits(dataset[1]["vessels"])[0].numpy(), vessels)


def test_second_call_finds_the_cache_and_a_changed_file_makes_a_new_one(folder, tmp_path):
    cache = tmp_path / "cache"
    first = cache_frames(ImageFolders(folder), size=64, cache_dir=cache)
    stamp = (first / "frames.npy").stat().st_mtime_ns
    assert cache_frames(ImageFolders(folder), size=64, cache_dir=cache) == first
    assert (first / "frames.npy").stat().st_mtime_ns == stamp
    Image.fromarray(np.full((40, 40), 99, np.uint8)).save(folder / "0.png")
    others = {
        cache_frames(ImageFolders(folder), size=64, cache_dir=cache),
        cache_frames(ImageFolders(folder), size=72, cache_dir=cache),
        cache_frames(ImageFolders(folder, method="published"), size=64, cache_dir=cache),
    }
    assert len(others) == 3 and first not in others
    assert not list(folder.glob("*.npy")) and not list(cache.glob("*.tmp"))


@pytest.mark.slow
def test_result_does_not_depend_on_the_number_of_processes(tmp_path):
    def digest(folder: Path) -> list[str]:
        return [hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())]

    one, two = (
        digest(cache_frames(Phantoms(70, size=64), size=64, cache_dir=tmp_path / str(n), processes=n)) for n in (1, 2)
    )
    assert one == two and len(one) == 4


KILLED = """
import sys
from monai_ext.data import Phantoms, cache_frames
cache_frames(Phantoms(4000, size=64), size=64, cache_dir=sys.argv[1], processes=1)
"""


@pytest.mark.slow
def test_a_killed_run_leaves_no_cache_and_the_next_one_works(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("*.tmp/frames.npy")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (dead,) = tmp_path.iterdir()
    assert dead.suffix == ".tmp"
    for path in (*dead.iterdir(), dead):
        os.utime(path, (0, 0))
    assert len(open_frames(None, phantom_count=2, size=64, cache_dir=tmp_path)) == 2
    assert not dead.exists()


def test_dataset_can_be_sent_to_another_process(tmp_path):
    dataset = open_frames(None, phantom_count=3, size=64, cache_dir=tmp_path)
    again = pickle.loads(pickle.dumps(dataset))
    assert len(pickle.dumps(dataset)) < 2000 and torch.equal(again[2]["image"], dataset[2]["image"])


def test_bad_input_is_refused(tmp_path):
    with pytest.raises(ValueError, match="frame_size must be a positive multiple of 8, got 60"):
        open_frames(None, phantom_count=1, size=60, cache_dir=tmp_path)
    with pytest.raises(ValueError, match="phantom_count must be at least 1, got 0"):
        open_frames(None, phantom_count=0, cache_dir=tmp_path)
    with pytest.raises(ValueError, match="must be a cache of frames of version 1, got none"):
        FrameDataset(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"version": 99}))
    with pytest.raises(ValueError, match="must be a cache of frames of version 1, got 99"):
        FrameDataset(tmp_path)
    dataset = open_frames(None, phantom_count=2, size=64, cache_dir=tmp_path / "cache")
    with pytest.raises(IndexError, match=r"index must lie in 0..1, got 2"):
        dataset[2]

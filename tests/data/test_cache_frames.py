# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from monai.engines import Workflow
from PIL import Image

from monai_ext.data import FrameDataset, FrameSampler, ImageFolders, Phantoms, cache_frames, collate_batch, open_frames
from monai_ext.ops import extract_vessels, unpack_bits
from monai_ext.phantom import PhantomSettings, draw_angiogram


@pytest.fixture(scope="module")
def drawn() -> list[np.ndarray]:
    return [draw_angiogram(3, i, PhantomSettings(size=256)).image for i in range(3)]


@pytest.fixture
def folder(tmp_path, drawn) -> Path:
    """Images of three sizes, one of them broken and one too small."""
    images = tmp_path / "images"
    images.mkdir()
    for i, (height, width) in enumerate([(64, 64), (50, 60), (200, 100)]):
        Image.fromarray(drawn[i][:height, :width]).save(images / f"{i}.png")
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
    angiogram = draw_angiogram(7, 1, PhantomSettings(size=64))
    assert np.array_equal(dataset[1]["image"][0].numpy(), angiogram.image)
    assert np.array_equal(unpack_bits(dataset[1]["vessels"])[0].numpy(), angiogram.tree)


def test_maps_of_phantoms_hold_what_was_asked(tmp_path):
    settings = {"left_share": 1.0, "early_share": 0.0}
    tree, vessels, judged = (
        unpack_bits(
            open_frames(
                None, phantom_count=1, size=128, phantom_labels=labels, phantom_settings=settings, cache_dir=tmp_path
            )[0]["vessels"]
        )
        for labels in ("tree", "vessels", "judged")
    )
    assert (judged <= vessels).all() and (vessels <= tree).all() and judged.sum() < vessels.sum() < tree.sum()


def test_unknown_labels_and_settings_of_phantoms_are_refused(tmp_path):
    with pytest.raises(ValueError, match="phantom_labels must be one of tree, vessels, judged, got 'all'"):
        open_frames(None, phantom_labels="all", cache_dir=tmp_path)
    with pytest.raises(ValueError, match="settings of the phantom must be fields of PhantomSettings, got colour"):
        open_frames(None, phantom_settings={"colour": 1}, cache_dir=tmp_path)


def test_second_call_finds_the_cache_and_a_changed_file_makes_a_new_one(folder, tmp_path):
    cache = tmp_path / "cache"
    first = cache_frames(ImageFolders(folder), size=64, cache_dir=cache)
    stamp = (first / "shards" / "00000.npy").stat().st_mtime_ns
    assert cache_frames(ImageFolders(folder), size=64, cache_dir=cache) == first
    assert (first / "shards" / "00000.npy").stat().st_mtime_ns == stamp
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
        return [hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.rglob("*.*"))]

    one, two = (
        digest(cache_frames(Phantoms(70, size=64), size=64, cache_dir=tmp_path / str(n), processes=n)) for n in (1, 2)
    )
    assert one == two and len(one) == 3


KILLED = """
import sys
from monai_ext.data import Phantoms, cache_frames
cache_frames(Phantoms(4000, size=64), size=64, cache_dir=sys.argv[1], processes=1)
"""


@pytest.mark.slow
def test_a_killed_run_leaves_no_cache_and_the_next_one_works(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("*.tmp/shards/00000.npy")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".lock", ".tmp"]
    assert len(open_frames(None, phantom_count=2, size=64, cache_dir=tmp_path)) == 2
    assert not list(tmp_path.glob("*.tmp"))


ASKED_AT_ONCE = """
import logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
from monai_ext.data import Phantoms, cache_frames
cache_frames(Phantoms(200, size=64), size=64, cache_dir=sys.argv[1], processes=1)
"""


@pytest.mark.slow
def test_of_processes_that_ask_at_once_one_computes(tmp_path):
    command = [sys.executable, "-c", ASKED_AT_ONCE, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert "".join(said).count("preparing 200 synthetic angiograms") == 1
    (folder,) = tmp_path.iterdir()
    assert len(FrameDataset(folder)) == 200


def test_shards_are_npy_files_that_anyone_can_map(folder, tmp_path):
    cache = cache_frames(ImageFolders(folder), size=64, cache_dir=tmp_path / "cache", shard_frames=2)
    shards = [np.load(file, mmap_mode="r") for file in sorted((cache / "shards").iterdir())]
    assert [len(shard) for shard in shards] == [2, 1]
    dataset = FrameDataset(cache)
    for i, record in enumerate([*shards[0], *shards[1]]):
        assert np.array_equal(record["frame"], dataset[i]["image"][0])
        assert np.array_equal(record["vessels"], dataset[i]["vessels"][0])
        assert record["extent"].tolist() == dataset[i]["extent"].tolist()


def test_few_shards_are_open_at_a_time(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("monai_ext.data.frame_dataset._OPEN_SHARDS", 2)
    dataset = FrameDataset(cache_frames(ImageFolders(folder), size=64, cache_dir=tmp_path, shard_frames=1))
    again = dataset.__getitems__([0, 1, 2, 0, 1, 2])["image"]
    assert torch.equal(again[:3], again[3:]) and len(dataset._shards) == 2


def test_where_there_is_no_preadv_the_same_is_read(folder, tmp_path, monkeypatch):
    dataset = open_frames(folder, size=64, cache_dir=tmp_path)
    expected = dataset.__getitems__([2, 0])
    monkeypatch.setattr("monai_ext.data.frame_dataset._AT_ONCE", False)
    for name, values in dataset.__getitems__([2, 0]).items():
        assert torch.equal(values, expected[name])


def test_a_shard_that_is_cut_off_missing_or_foreign_is_told(folder, tmp_path):
    cache = cache_frames(ImageFolders(folder), size=64, cache_dir=tmp_path / "cache")
    shard = cache / "shards" / "00000.npy"
    content = shard.read_bytes()
    shard.write_bytes(content[:-100])
    assert FrameDataset(cache)[1]["image"].shape == (1, 64, 64)
    with pytest.raises(ValueError, match=r"00000.npy' must hold frame 2, it is cut off; make the corpus again"):
        FrameDataset(cache)[2]
    np.save(shard, np.zeros(3))
    with pytest.raises(ValueError, match=r"must be a shard of the corpus \(it does not hold squares of 64 px\)"):
        FrameDataset(cache)[0]
    shard.unlink()
    with pytest.raises(ValueError, match=r"must be a shard of the corpus \(.*No such file"):
        FrameDataset(cache)[0]


def test_a_corpus_is_opened_as_it_is_but_not_among_others(folder, tmp_path):
    cache = cache_frames(ImageFolders(folder), size=64, cache_dir=tmp_path / "cache")
    assert open_frames(cache, size=512).folder == cache == open_frames([str(cache)]).folder
    with pytest.raises(ValueError, match=r"must be one corpus or folders of images, got the corpus .* among 2"):
        open_frames([folder, cache])


def test_a_full_disk_is_told_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(OSError, match=r"must have 0\.0 GB free for the cache of frames"):
        open_frames(None, phantom_count=2, size=64, cache_dir=tmp_path)
    assert not any(tmp_path.iterdir())


def test_cache_lies_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("VASOMIM_CACHE", str(tmp_path / "here"))
    assert open_frames(None, phantom_count=1, size=64).folder.parent == tmp_path / "here"


def test_left_out_files_are_those_of_today(folder, tmp_path):
    open_frames(folder, size=64, cache_dir=tmp_path / "cache")
    (folder / "notes.txt").write_text("")
    dataset = open_frames(folder, size=64, cache_dir=tmp_path / "cache")
    assert (
        "1 left out: files that are no image" in dataset.describe() and len(list((tmp_path / "cache").iterdir())) == 1
    )


def test_the_engine_tells_the_sampler_its_epoch(tmp_path):
    dataset = open_frames(None, phantom_count=4, size=64, cache_dir=tmp_path)
    sampler = FrameSampler(dataset, num_replicas=1, rank=0)
    loader = torch.utils.data.DataLoader(dataset, batch_size=2, sampler=sampler, collate_fn=collate_batch)
    epochs = []
    workflow = Workflow(
        torch.device("cpu"),
        3,
        loader,
        iteration_update=lambda engine, batch: epochs.append(sampler.epoch),
        decollate=False,
    )
    workflow.run()
    assert epochs == [1, 1, 2, 2, 3, 3]


def test_dataset_can_be_sent_to_another_process(tmp_path):
    dataset = open_frames(None, phantom_count=3, size=64, cache_dir=tmp_path)
    again = pickle.loads(pickle.dumps(dataset))
    assert len(pickle.dumps(dataset)) < 2000 and torch.equal(again[2]["image"], dataset[2]["image"])


def test_bad_input_is_refused(tmp_path):
    with pytest.raises(ValueError, match="frame_size must be a positive multiple of 8, got 60"):
        open_frames(None, phantom_count=1, size=60, cache_dir=tmp_path)
    with pytest.raises(ValueError, match="phantom_count must be at least 1, got 0"):
        open_frames(None, phantom_count=0, cache_dir=tmp_path)
    with pytest.raises(ValueError, match="must be a corpus of version 2, got none"):
        FrameDataset(tmp_path)
    (tmp_path / "corpus.json").write_text('{"version": 1, "fi')
    with pytest.raises(ValueError, match="must be a corpus of version 2, got none"):
        FrameDataset(tmp_path)
    (tmp_path / "corpus.json").write_text(json.dumps({"version": 99}))
    with pytest.raises(ValueError, match="must be a corpus of version 2, got 99"):
        FrameDataset(tmp_path)
    dataset = open_frames(None, phantom_count=2, size=64, cache_dir=tmp_path / "cache")
    with pytest.raises(IndexError, match=r"index must lie in 0..1, got 2"):
        dataset[2]


@pytest.mark.slow
def test_a_script_without_a_main_guard_is_told_so(tmp_path):
    (tmp_path / "script.py").write_text(
        f"from monai_ext.data import open_frames\nopen_frames(phantom_count=4, size=64, processes=2, cache_dir={str(tmp_path / 'cache')!r})"
    )
    done = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, text=True, timeout=120)
    assert done.returncode != 0 and "put what the script does under `if __name__ == '__main__':`" in done.stderr
    assert not any((tmp_path / "cache").iterdir())

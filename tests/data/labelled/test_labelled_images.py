# SPDX-License-Identifier: Apache-2.0
import logging

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from monai_ext.data import FrameSampler, LabelledImages, collate_batch, labelled_items, read_xa


@pytest.fixture
def items(folders):
    """Three images of 24 x 32 px with masks 0 and 255, by their paths."""
    root = folders("1.png", "22.png", "333.png")
    return [{"image": f"{root}/images/{name}.png", "label": f"{root}/masks/{name}.png"} for name in ("1", "22", "333")]


def on_disk(path) -> torch.Tensor:
    return torch.from_numpy(np.asarray(Image.open(path)).copy())[None]


def test_to_judge_images_keep_their_size_and_are_standardised(items, global_rng_untouched):
    data = LabelledImages(items, mean=0.45, std=0.18)
    assert len(data) == 3 and data.files == [item["image"] for item in items] and data.left_out == []
    for item, sample in zip(items, data, strict=True):
        assert sample["image"].shape == sample["label"].shape == (1, 24, 32)
        assert sample["image"].dtype == torch.float32 and sample["label"].dtype == torch.uint8
        torch.testing.assert_close(sample["image"], (on_disk(item["image"]) / 255 - 0.45) / 0.18)
        assert torch.equal(sample["label"], on_disk(item["label"]) // 255)


def test_without_mean_and_size_bytes_stay_as_they_are(items):
    sample = LabelledImages(items)[0]
    assert torch.equal(sample["image"], on_disk(items[0]["image"])) and sample["image"].dtype == torch.uint8


@pytest.mark.parametrize(("size", "side"), [(64, 64), (32, 32), (17, 17), ([16, 40], (16, 40)), ((24, 32), (24, 32))])
def test_to_train_all_have_one_size(items, save, size, side):
    tall = {
        "image": save("tall.png", np.random.default_rng(1).integers(0, 255, (41, 23), np.uint8)),
        "label": save("m.png", np.full((41, 23), 255, np.uint8)),
    }
    batch = LabelledImages([*items, tall], size=size).__getitems__([0, 3, 1])
    height, width = (side, side) if isinstance(side, int) else side
    assert batch["image"].shape == batch["label"].shape == (3, 1, height, width)
    assert batch["image"].dtype == batch["label"].dtype == torch.uint8 and batch["label"].unique().tolist() == [0, 1]


def test_the_longer_side_fits_and_the_border_mirrors_image_and_label(items):
    """24 x 32 px at 32: the image itself, and below it its last 8 rows upside down."""
    (plain, sample) = (LabelledImages(items, size=size)[1] for size in (None, 32))
    for name in ("image", "label"):
        assert torch.equal(sample[name][:, :24], plain[name])
        assert torch.equal(sample[name][:, 24:], plain[name].flip(1)[:, :8])


def test_with_several_classes_the_border_is_black_background(items):
    """A mirror image would show arteries under the wrong name."""
    (plain, sample) = (LabelledImages(items, size=size, classes=255)[1] for size in (None, 32))
    for name in ("image", "label"):
        assert torch.equal(sample[name][:, :24], plain[name]) and not sample[name][:, 24:].any()


def test_reduced_images_are_those_of_pillow_and_labels_stay_on_them(items):
    sample = LabelledImages(items, size=[12, 16])[0]
    expected = Image.open(items[0]["image"]).resize((16, 12), Image.Resampling.BICUBIC)
    assert np.array_equal(sample["image"][0].numpy(), np.asarray(expected))
    square = torch.zeros(12, 16, dtype=torch.uint8)
    square[2:6, 4:10] = 1  # rows 4..12 and columns 8..20 of 24 x 32
    assert torch.equal(sample["label"][0], square)


def test_what_cannot_be_used_is_left_out_and_named(items, save, tmp_path, caplog):
    bad = [
        {"image": tmp_path / "gone.png", "label": items[0]["label"]},
        {"image": items[0]["image"], "label": save("small.png", np.ones((4, 4), np.uint8))},
        {"image": items[1]["image"], "label": save("empty.png", np.zeros((24, 32), np.uint8))},
    ]
    (tmp_path / "broken.png").write_bytes(b"no image")
    bad.append({"image": tmp_path / "broken.png", "label": items[0]["label"]})
    with caplog.at_level(logging.WARNING):
        data = LabelledImages([bad[0], items[0], *bad[1:], *items[1:]])
    assert data.files == [item["image"] for item in items] and len(data) == 3
    assert torch.equal(data[1]["image"], on_disk(items[1]["image"]))
    assert "4 of 7 labelled images are left out" in caplog.text
    for told, name in zip(data.left_out, ("gone.png", "small.png", items[1]["image"], "broken.png"), strict=True):
        assert name in told and told in caplog.text
    assert data.summary() == {"images with vessels": 3, "left out": data.left_out}
    assert data.describe() == "3 images with vessels (4 left out)"


def test_an_image_smaller_than_a_patch_is_left_out_and_named(items, save):
    """In an evaluation it would end the run, for no network can look at it."""
    thin = {"image": save("thin.png", np.ones((15, 32), np.uint8)), "label": save("t.png", np.ones((15, 32), np.uint8))}
    data = LabelledImages([*items, thin])
    assert len(data) == 3 and len(LabelledImages([*items, thin], min_size=15)) == 4
    assert data.left_out == [f"both sides of '{thin['image']}' must be at least 16 px, got 15x32; enlarge it."]


def test_an_empty_label_is_an_answer_for_stenoses_alone(items, save):
    empty = {"image": items[0]["image"], "label": save("empty.png", np.zeros((24, 32), np.uint8))}
    data = LabelledImages([*items, empty], label="stenoses")
    assert len(data) == 4 and not data[3]["label"].any()
    assert data.summary() == {"images with stenoses": 4, "left out": 0} and data.describe() == "4 images with stenoses"


def test_when_none_can_be_used_all_are_named(items, save):
    empty = [item | {"label": save("empty.png", np.zeros((24, 32), np.uint8))} for item in items]
    with pytest.raises(ValueError, match=r"none of 3 labelled images can be used:\n.*1.png.*\n.*22.png.*\n.*333.png"):
        LabelledImages(empty)
    with pytest.raises(ValueError, match=r"none of 36 labelled images can be used(.*\n){11}  and 26 more$"):
        LabelledImages(empty * 12, processes=1)


def test_a_list_of_monai_label_trains_segments(folders):
    """{"image", "label"} with paths, the label a map of classes, as MONAI Label sets train#dataset#data."""
    root = folders("1.png", "2.png", value=25)
    data = [{"image": str(root / "images" / name), "label": str(root / "masks" / name)} for name in ("1.png", "2.png")]
    dataset = LabelledImages(data, label="segments", classes=25, size=16)
    loader = DataLoader(dataset, batch_size=2, sampler=FrameSampler(dataset, 1, 0), collate_fn=collate_batch)
    (batch,) = loader
    assert batch["image"].shape == (2, 1, 16, 16) and batch["label"].unique().tolist() == [0, 25]


def test_labelled_frames_of_a_cine_are_images(cine):
    items = [
        {"image": str(cine), "label": str(cine.parent / f"vessels/00000/00{1 + frame}.png"), "frame": frame}
        for frame in (3, 2)
    ]
    dataset = LabelledImages(items)
    assert dataset.left_out == []
    for item, sample in zip(items, dataset, strict=True):
        grey = torch.tensor(read_xa(cine).frames[item["frame"]])
        assert torch.equal(sample["image"][0], (grey * 255).round().byte())
        assert torch.equal(sample["label"], on_disk(item["label"]) // 255)


def test_it_reads_what_labelled_items_lists(arcade):
    """Every record of the phantoms, as each task's own label."""
    for label, classes in (("vessels", 1), ("segments", 25), ("stenoses", 1)):
        dataset = LabelledImages(labelled_items(arcade, label=label, split="all"), label=label, classes=classes)
        assert not dataset.left_out and all(0 < sample["label"].max() <= classes for sample in dataset)
    segments = LabelledImages(labelled_items(arcade, label="segments", split="all"), label="segments", classes=25)
    vessels = LabelledImages(labelled_items(arcade, split="all"))
    assert all(torch.equal(a["label"] > 0, b["label"] > 0) for a, b in zip(segments, vessels, strict=True))


@pytest.mark.slow
def test_several_processes_read_the_same(items, tmp_path):
    many = [*items, {"image": tmp_path / "gone.png", "label": items[0]["label"]}] * 3
    alone, together = (LabelledImages(many, size=16, processes=count) for count in (1, 2))
    assert alone.left_out == together.left_out and len(alone.left_out) == 3
    assert all(torch.equal(a["image"], b["image"]) for a, b in zip(alone, together, strict=True))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"label": "catheter"}, "label must be one of vessels, segments, stenoses, got 'catheter'"),
        ({"label": "boxes"}, "of vessels, segments, stenoses, got 'boxes'; LabelledBoxes reads boxes"),
        ({"classes": 0}, r"classes must lie in 1..255, without the background, got 0"),
        ({"size": 0}, r"size must be one positive number or \[height, width\], got 0"),
        ({"size": [8, 8, 8]}, r"size must be one positive number or \[height, width\], got \[8, 8, 8\]"),
        ({"mean": 0.5}, "mean and std must be given together, std above 0, got 0.5 and None"),
        ({"mean": 0.5, "std": 0}, "mean and std must be given together, std above 0, got 0.5 and 0"),
        ({"data": []}, "data must hold at least one image, got none"),
    ],
)
def test_bad_arguments_are_refused(items, wrong, message):
    with pytest.raises(ValueError, match=message):
        LabelledImages(**{"data": items, **wrong})

# SPDX-License-Identifier: Apache-2.0
import logging

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from monai_ext.data import FrameSampler, LabelledBoxes, collate_batch, labelled_items, read_xa
from monai_ext.data.records import Box, Record


@pytest.fixture
def item(save):
    """An image of one's own size with boxes, by four edges, or polygons."""

    def make(name: str, shape: tuple[int, int], *shapes) -> dict:
        grey = np.random.default_rng(len(name)).integers(1, 255, shape, np.uint8)
        path = save(name, grey)
        boxes = all(isinstance(shape[0], (int, float)) for shape in shapes)
        label = tuple(Box(*shape, "x") for shape in shapes) if boxes else shapes
        return {"image": str(path), "label": Record(path, "mine", labels={"boxes" if boxes else "stenoses": label})}

    return make


@pytest.fixture
def items(item):
    """Odd, not square: two boxes, none, two polygons."""
    return [
        item("1.png", (33, 40), (4, 6, 20, 14), (30, 1, 40, 33)),
        item("22.png", (47, 35)),
        item("333.png", (40, 40), ((1, 2), (9, 2), (9, 12)), ((5, 5), (15, 5), (15, 20), (8, 30), (5, 20))),
    ]


def around(outlines: torch.Tensor) -> list:
    return torch.cat([outlines.amin(-2), outlines.amax(-2)], -1).tolist()


def test_to_judge_images_keep_their_size(items, global_rng_untouched):
    data = LabelledBoxes(items)
    assert len(data) == 3 and data.files == [item["image"] for item in items] and data.left_out == data.dropped == []
    for item, sample in zip(items, data, strict=True):
        assert np.array_equal(sample["image"][0].numpy(), np.asarray(Image.open(item["image"])))
        assert sample["image"].dtype == torch.uint8 and sample["outlines"].dtype == torch.float32
    assert around(data[0]["outlines"]) == [[4, 6, 20, 14], [30, 1, 40, 33]] and data[0]["outlines"].shape == (2, 32, 2)
    assert data[1]["outlines"].shape == (0, 1, 2) and around(data[1]["outlines"]) == []
    assert around(data[2]["outlines"]) == [[1, 2, 9, 12], [5, 5, 15, 30]]


def test_boxes_of_two_frames_of_a_cine_stay_with_their_frames(cine):
    boxes = {1: (4, 6, 20, 14), 3: (30, 1, 40, 33)}
    items = [
        {"image": cine, "label": Record(cine, "mine", labels={"boxes": (Box(*box, "x"),)}), "frame": frame}
        for frame, box in boxes.items()
    ]
    for (frame, box), sample in zip(boxes.items(), LabelledBoxes(items), strict=True):
        grey = torch.tensor(read_xa(cine).frames[frame])
        assert torch.equal(sample["image"][0], (grey * 255).round().byte())
        assert around(sample["outlines"]) == [list(box)]


def test_polygons_of_fewer_points_repeat_their_last_one(items):
    outlines = LabelledBoxes(items)[2]["outlines"]
    assert outlines[0].tolist() == [[1, 2], [9, 2], [9, 12], [9, 12], [9, 12]]
    assert outlines[1].tolist() == [[5, 5], [15, 5], [15, 20], [8, 30], [5, 20]]


@pytest.mark.parametrize("size", [80, 40, 23])
def test_outlines_stay_on_images_brought_to_a_square(items, size):
    """33 x 40 px: the rows are rounded, so both axes have their own scale."""
    sample = LabelledBoxes(items, size=size)[0]
    rows = round(33 * size / 40)
    assert sample["image"].shape == (1, size, size) and not sample["image"][:, rows:].any()
    expected = np.array([[4, 6, 20, 14], [30, 1, 40, 33]]) * [size / 40, rows / 33, size / 40, rows / 33]
    assert np.array(around(sample["outlines"])) == pytest.approx(expected, abs=1e-4)


def test_a_lesion_is_found_where_its_box_is(item, save):
    """A bright rectangle of a tall image, enlarged."""
    bright = item("tall.png", (61, 37), (10, 30, 20, 50))
    grey = np.zeros((61, 37), np.uint8)
    grey[30:50, 10:20] = 255
    save("tall.png", grey)
    sample = LabelledBoxes([bright], size=183)[0]
    rows, columns = (sample["image"][0] > 127).nonzero(as_tuple=True)
    found = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert around(sample["outlines"]) == [found] == [[30, 90, 60, 150]]


def test_height_and_width_stretch(items):
    batch = LabelledBoxes(items, size=[66, 20]).__getitems__([0, 2])
    assert batch["image"].shape == (2, 1, 66, 20)
    assert around(batch["outlines"])[0] == [[2, 12, 10, 28], [15, 2, 20, 66]]


def test_a_batch_is_filled_up_with_nan(items):
    data = LabelledBoxes([*items, items[2]], size=40)
    batch = data.__getitems__([2, 1, 0, 2])
    assert batch["image"].shape == (4, 1, 40, 40) and batch["outlines"].shape == (4, 2, 32, 2)
    assert batch["outlines"].isnan().all(-1).all(-1).tolist() == [[False] * 2, [True] * 2, [False] * 2, [False] * 2]
    for row, index in enumerate((2, 1, 0, 2)):
        assert torch.equal(batch["image"][row], data[index]["image"])
        count = len(data[index]["outlines"])
        assert around(batch["outlines"][row, :count]) == around(data[index]["outlines"])
    assert torch.equal(
        batch["outlines"][0, :, 4:], data[2]["outlines"][:, 4:].expand(-1, 28, -1)
    )  # 5 points, the last repeated
    assert LabelledBoxes(items[1:2]).__getitems__([0])["outlines"].shape == (1, 0, 1, 2)


def test_loaders_hand_over_its_batches(items):
    data = LabelledBoxes(items, size=32)
    loader = DataLoader(data, batch_size=3, sampler=FrameSampler(data, 1, 0), collate_fn=collate_batch)
    (batch,) = loader
    assert batch["image"].shape == (3, 1, 32, 32) and batch["outlines"].shape == (3, 2, 32, 2)
    judge = DataLoader(LabelledBoxes(items), batch_size=1, collate_fn=collate_batch)
    assert [batch["outlines"].shape[:2] for batch in judge] == [(1, 2), (1, 0), (1, 2)]


def test_one_image_may_have_a_hundred_boxes(item, items):
    boxes = [[3 * x, 3 * y, 3 * x + 3, 3 * y + 3] for y in range(10) for x in range(10)]
    data = LabelledBoxes([item("crowd.png", (40, 40), *boxes), *items], size=40)
    assert around(data[0]["outlines"]) == boxes and data.describe() == "4 images with 104 boxes, 1 of them without any"
    assert data.__getitems__([1, 0])["outlines"].shape == (2, 100, 32, 2)


def test_what_cannot_be_used_is_left_out_or_dropped_and_named(item, items, tmp_path, caplog):
    outside = item("outside.png", (40, 40), (50, 50, 60, 60))
    partly = item("partly.png", (40, 40), (50, 50, 60, 60), (-3, 4, 8, 9), (0, 4, 8, 9))
    thin = item("thin.png", (31, 40), (1, 1, 5, 5))
    gone = {"image": tmp_path / "gone.png", "label": items[0]["label"]}
    mask = {"image": items[0]["image"], "label": items[0]["image"]}
    with caplog.at_level(logging.WARNING):
        data = LabelledBoxes([gone, items[0], outside, partly, thin, mask, *items[1:]])
    assert data.files == [items[0]["image"], partly["image"], *(item["image"] for item in items[1:])]
    for told, name in zip(data.left_out, ("gone.png", "outside.png", "thin.png", "label 'boxes'"), strict=True):
        assert name in told and told in caplog.text
    assert "4 of 8 labelled images are left out" in caplog.text and "2 boxes are dropped" in caplog.text
    assert all("partly.png" in told and told in caplog.text for told in data.dropped) and len(data.dropped) == 2
    assert around(data[1]["outlines"]) == [[0, 4, 8, 9]]
    assert data.summary() == {
        "images": 4,
        "boxes": 5,
        "images without a box": 1,
        "boxes dropped": data.dropped,
        "left out": data.left_out,
    }
    assert data.describe() == "4 images with 5 boxes, 1 of them without any (4 left out, 2 boxes dropped)"
    assert len(LabelledBoxes([thin], min_size=31)) == 1


def test_what_is_complete_is_described_so(items):
    data = LabelledBoxes(items[::2])
    assert data.describe() == "2 images with 4 boxes"
    assert data.summary() == {"images": 2, "boxes": 4, "images without a box": 0, "boxes dropped": 0, "left out": 0}


def test_when_none_can_be_used_all_are_named(item):
    with pytest.raises(ValueError, match=r"none of 1 labelled images can be used:\n  one box of '.*1.png' at least"):
        LabelledBoxes([item("1.png", (40, 40), (50, 50, 60, 60))])


def test_danilov_and_cadica_are_read(danilov, cadica):
    first = LabelledBoxes(labelled_items(danilov, label="boxes", split="test", by_patient=True), min_size=24)
    assert first.describe() == "8 images with 8 boxes" and around(first[0]["outlines"]) == [[4, 6, 20, 14]]
    second = LabelledBoxes(labelled_items(cadica, label="boxes", split="all"), min_size=24)
    assert second.describe() == "30 images with 30 boxes, 10 of them without any"
    assert around(second[0]["outlines"]) == [[4, 6, 20, 14], [0, 0, 4, 5]]
    together = LabelledBoxes(labelled_items([danilov, cadica], label="boxes", split="all"), size=32, min_size=24)
    assert torch.equal(together[-1]["image"], LabelledBoxes(second.data, size=32, min_size=24)[-1]["image"])


def test_phantoms_are_the_default_data(phantom_cache):
    knobs = {"label": "boxes", "phantom_count": 4, "phantom_size": 64, "cache_dir": phantom_cache}
    data = LabelledBoxes(labelled_items(**knobs))
    assert not data.left_out and not data.dropped and data.summary()["boxes"] >= len(data) > 0
    for sample in data:
        assert sample["image"].shape == (1, 64, 64)
        assert sample["outlines"].min() >= 0 and sample["outlines"].max() <= 64


@pytest.mark.slow
def test_several_processes_read_the_same(items):
    alone, together = (LabelledBoxes(items * 3, size=40, processes=count) for count in (1, 2))
    torch.testing.assert_close(
        alone.__getitems__(range(9)), together.__getitems__(range(9)), rtol=0, atol=0, equal_nan=True
    )


def test_real_stenoses(xa):
    """The counts are those of the annotation files; one train image has none."""
    for split, images, boxes, without in (("train", 300, 493, 1), ("val", 50, 92, 0)):
        data = LabelledBoxes(labelled_items(xa / "arcade", label="boxes", split=split), size=256)
        assert not data.left_out and not data.dropped
        counts = data.summary()
        assert [counts[name] for name in ("images", "boxes", "images without a box")] == [images, boxes, without]
        assert data.__getitems__([0, 1])["image"].shape == (2, 1, 256, 256)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 0}, r"size must be one positive number or \[height, width\], got 0"),
        ({"size": [8, 8, 8]}, r"size must be one positive number or \[height, width\], got \[8, 8, 8\]"),
        ({"data": []}, "data must hold at least one image, got none"),
    ],
)
def test_bad_arguments_are_refused(items, wrong, message):
    with pytest.raises(ValueError, match=message):
        LabelledBoxes(**{"data": items, **wrong})


def test_boxes_that_a_reduced_image_no_longer_shows_are_dropped_and_reported(item):
    data = [item("1.png", (200, 200), (10, 10, 13, 40), (50, 50, 90, 90)), item("22.png", (200, 200), (5, 5, 8, 60))]
    with pytest.raises(
        ValueError, match=r"1 boxes of '.*22.png' are below 1 px a side when the image is resized to 40"
    ):
        LabelledBoxes(data[1:], size=40)
    reduced = LabelledBoxes(data, size=40)
    assert around(reduced[0]["outlines"]) == [[10, 10, 18, 18]] and len(reduced) == 1
    assert "1 boxes of" in reduced.dropped[0] and "22.png" in reduced.left_out[0]

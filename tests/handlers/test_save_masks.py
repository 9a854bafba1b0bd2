# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.data import MetaTensor
from PIL import Image

from monai_ext.handlers import SaveMasks

MASK = torch.tensor([[0, 1, 2], [2, 0, 25]], dtype=torch.uint8)


def run(folder, names, batches, **knobs):
    engine = Engine(lambda engine, batch: [{"pred": mask, "image": torch.zeros(1, 2, 3)} for mask in batch])
    SaveMasks(folder, names, **knobs).attach(engine)
    engine.run(batches)


def read(path):
    with Image.open(path) as image:
        assert image.mode == "L"
        return np.asarray(image)


def test_one_file_a_mask_in_the_order_of_the_data(tmp_path):
    run(tmp_path, ["1.png", "a/1.png", "a/b/2.png"], [[MASK[None], MASK[None] * 0], [MASK[None] // 2]])
    for name, expected in (("1.png", MASK), ("a/1.png", MASK * 0), ("a/b/2.png", MASK // 2)):
        assert np.array_equal(read(tmp_path / name), expected.numpy())
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["1.png", "1.png", "2.png"]


def test_a_single_class_can_be_white(tmp_path):
    run(tmp_path, ["1.png"], [[(MASK[None] > 0)]], scale=255)
    assert np.array_equal(read(tmp_path / "1.png"), (MASK.numpy() > 0) * 255)


@pytest.mark.parametrize(
    "mask", [MASK, MASK.numpy(), MASK[None].float(), MetaTensor(MASK[None])], ids=["plane", "array", "float", "meta"]
)
def test_masks_of_every_kind_are_written(mask, tmp_path):
    run(tmp_path, ["1.png"], [[mask]])
    assert np.array_equal(read(tmp_path / "1.png"), MASK.numpy())


def test_each_run_starts_with_the_first_name(tmp_path):
    engine = Engine(lambda engine, batch: [{"pred": batch[None]}])
    SaveMasks(tmp_path, ["1.png"]).attach(engine)
    engine.run([MASK])
    engine.run([MASK * 0])
    assert read(tmp_path / "1.png").max() == 0


def test_overlays_show_the_image_with_the_mask_s_outline(tmp_path):
    mask = torch.zeros(1, 12, 12, dtype=torch.uint8)
    mask[0, 2:9, 3:9] = 1
    engine = Engine(lambda engine, batch: [{"pred": mask, "image": torch.full((1, 12, 12), 1.0)}])
    SaveMasks(tmp_path, ["a/1.png"], overlays=True, mean=0.4, std=0.2).attach(engine)
    engine.run([0])
    with Image.open(tmp_path / "overlays" / "a" / "1.png") as image:
        picture = np.asarray(image)
    grey = (picture == 153).all(-1)  # 0.6 of 255
    assert grey[0, 0] and grey[5, 5] and not grey[2, 3:9].any() and not grey[2:9, 8].any()
    assert (~grey).sum() == 7 * 6 - 5 * 4
    assert read(tmp_path / "a" / "1.png").max() == 1


BAD = [
    ([], {}, "names must be at least one and all different, got 0"),
    (["1.png", "1.png"], {}, "all different, got 2, 1 of them different"),
    (["../1.png"], {}, "names must stay in the folder, .* got '../1.png'"),
    (["/tmp/1.png"], {}, "names must stay in the folder, .* got '/tmp/1.png'"),
    (["overlays/1.png"], {"overlays": True}, "out of 'overlays' if that is written, got 'overlays/1.png'"),
    (["1.png"], {"scale": 0}, "scale must be of 1..255, got 0"),
]


@pytest.mark.parametrize(("names", "knobs", "message"), BAD)
def test_bad_input_is_refused(names, knobs, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        SaveMasks(tmp_path, names, **knobs)


def test_more_images_than_names_are_refused(tmp_path):
    with pytest.raises(ValueError, match="every image needs a name for its mask, got 1 names and more images"):
        run(tmp_path, ["1.png"], [[MASK[None], MASK[None]]])


def test_a_class_beyond_a_byte_is_refused(tmp_path):
    with pytest.raises(ValueError, match="classes must fit into a byte, got class 25 and scale 255"):
        run(tmp_path, ["1.png"], [[MASK[None]]], scale=255)
    assert not list(tmp_path.iterdir())

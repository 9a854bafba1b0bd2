# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from monai_ext.data.quality import find_text
from monai_ext.phantom import PhantomSettings, draw_angiogram


def write(frame, text, at, size, **colours):
    """The frame with a text, and the text's box."""
    image, font = Image.fromarray(frame), ImageFont.load_default(size)
    draw = ImageDraw.Draw(image)
    draw.text(at, text, font=font, **colours)
    return np.asarray(image), draw.textbbox(at, text, font=font)


@pytest.fixture(scope="module")
def phantom():
    return draw_angiogram(0, 1, PhantomSettings(size=512)).image


@pytest.mark.parametrize("text", ["MUSTER, ANNA 12.03.1951", "LAO 30 CRAN 25", "ID 4711"])
@pytest.mark.parametrize("size", [14, 24, 40])
@pytest.mark.parametrize(
    "colours",
    [
        {"fill": 255},
        {"fill": 255, "stroke_fill": 0, "stroke_width": 1},
        {"fill": 0, "stroke_fill": 255, "stroke_width": 1},
    ],
)
def test_text_is_found_where_it_stands(text, size, colours):
    frame, (x0, y0, x1, y1) = write(np.full((512, 512), 110, np.uint8), text, (12, 30), size, **colours)
    boxes = find_text(frame)
    assert boxes and all(isinstance(side, int) for box in boxes for side in box)
    for a, b, c, d in boxes:
        assert x0 - 2 <= a < c <= x1 + 2 and y0 - 2 <= b < d <= y1 + 2


def test_text_is_found_on_a_phantom_upright_and_mirrored(phantom):
    assert not find_text(phantom)
    frame, _ = write(phantom, "MUSTER, ANNA 12.03.1951", (10, 480), 18, fill=255)
    boxes = find_text(frame)
    assert boxes and sorted(find_text(frame[:, ::-1])) == sorted(
        (512 - x1, y0, 512 - x0, y1) for x0, y0, x1, y1 in boxes
    )


def test_boxes_of_large_frames_are_in_their_pixels():
    frame, (x0, y0, x1, y1) = write(np.full((1024, 1024), 90, np.uint8), "LAO 30", (600, 900), 40, fill=255)
    (box,) = find_text(frame)
    assert box == pytest.approx((x0, y0, x1, y1), abs=5)


def test_wires_marks_and_edges_are_no_text():
    frame = np.full((256, 256), 120, np.uint8)
    frame[:20], frame[:, 240:] = 0, 255
    frame[60:62, 30:200] = 255  # a line
    frame[100:112, 50:62] = frame[100:112, 90:102] = 0  # two markers
    assert find_text(frame) == []


@pytest.mark.parametrize("value", [0, 90, 255])
def test_empty_frames_have_no_text(value):
    assert find_text(np.full((33, 60), value, np.uint8)) == []


def test_noise_and_tiny_frames_have_no_text():
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (3, 200), (300, 200)):
        assert find_text(rng.normal(110, 6, shape).round().astype(np.uint8)) == []


def test_other_values_and_shapes_are_refused():
    with pytest.raises(TypeError, match=r"frame must be uint8, got uint16"):
        find_text(np.zeros((8, 8), np.uint16))
    with pytest.raises(ValueError, match=r"frame must be \(rows, columns\), got \(1, 8, 8\)"):
        find_text(np.zeros((1, 8, 8), np.uint8))


def test_real_angiograms_of_a_public_data_set_have_none_but_what_is_written_into_them(xa):
    files = sorted((xa / "arcade/syntax/train/images").iterdir())[::8]
    found = {}
    for file in files:
        frame = np.array(Image.open(file).convert("L"))
        assert not find_text(frame), file.name
        found[file.name] = bool(find_text(write(frame, "MUSTER, ANNA", (200, 250), 18, fill=255)[0]))
    assert len(found) >= 40 and np.mean(list(found.values())) > 0.95

# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from monai_ext.ops import Lesion
from monai_ext.results import Algorithm, CineResult, write_viewer

HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&lt;\"'`${1}\u2028__SCRIPT__"
VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """Elements with their attributes, the text of each kind of element, and whether all that opens is closed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements, self.texts, self._open = [], {}, []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()
        assert not self._open, f"{self._open} are not closed"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, text):
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(text)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def data(self) -> dict:
        return json.loads(self.texts["script"][0])


def picture(url: str, kind: str) -> np.ndarray:
    assert url.startswith(f"data:image/{kind};base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))


def points(frame: dict, steps: dict) -> list[np.ndarray]:
    packed = [np.frombuffer(base64.b64decode(path[3]), "<u2").reshape(-1, 4) for path in frame["paths"]]
    scale = [steps["point"], steps["point"], steps["distance"], steps["diameter"]]
    return [values * scale - [1, 1, 0, 0] for values in packed]


def result(count: int = 4, name: str = "left/7", **more) -> CineResult:
    frames = np.tile(np.linspace(20, 220, 90).astype(np.uint8), (count, 70, 1))
    algorithm = more.pop("algorithm", Algorithm(name="vessels", version="1.2", weights="ab" * 32))
    more.setdefault("numbers", range(10, 10 + count))
    return CineResult(source=Path(f"{name}.dcm"), name=name, algorithm=algorithm, frames=frames, **more)


def masks(count: int = 4, classes: int = 1) -> np.ndarray:
    """A level tube, 9 px wide, that grows to the right frame by frame; and a second class below."""
    masks = np.zeros((count, 70, 90), np.uint8)
    for index in range(count):
        masks[index, 20:29, 5 : 40 + 10 * index] = 1
        if classes > 1:
            masks[index, 50:55, 10:80] = classes
    return masks


def boxes() -> dict:
    found = [
        torch.tensor(rows).reshape(-1, 4)
        for rows in ([], [[10.0, 20, 30, 40]], [[11.0, 20, 31, 40], [50, 5, 60, 15]], [])
    ]
    sure = [torch.tensor(scores) for scores in ([], [0.5], [0.9, 0.4], [])]
    lesion = Lesion((11, 12), torch.stack([found[1][0], found[2][0]]), torch.tensor([0.5, 0.9]))
    return {"boxes": [b.numpy() for b in found], "scores": [s.numpy() for s in sure], "lesions": [lesion]}


@pytest.fixture
def page(tmp_path):
    def page(result: CineResult) -> Page:
        write_viewer(result, tmp_path / "viewer.html")
        assert [file.name for file in tmp_path.iterdir()] == ["viewer.html"]
        return Page(tmp_path / "viewer.html")

    return page


def test_frames_and_masks_are_inside(page):
    cine = result(masks=masks(classes=3), class_names=["a", "b", "c"], frame_time=66.7)
    data = page(cine).data
    assert len(data["frames"]) == 4 and data["numbers"] == [10, 11, 12, 13] and data["frameTime"] == 66.7
    for frame, image, mask in zip(data["frames"], cine.frames, cine.masks, strict=True):
        assert np.abs(picture(frame["image"], "jpeg").astype(int) - image).max() < 12
        assert np.array_equal(picture(frame["mask"], "png"), mask)
    assert data["area"] == np.count_nonzero(cine.masks, axis=(1, 2)).tolist()


def test_what_the_page_reads_back_of_a_mask_is_the_class_number(page):
    packed = page(result(masks=masks(classes=25), class_names=[str(k) for k in range(25)])).data["frames"][0]["mask"]
    image = Image.open(io.BytesIO(base64.b64decode(packed.split(",")[1])))
    assert image.mode == "P" and np.array_equal(np.asarray(image.convert("RGB"))[..., 0], masks(classes=25)[0])


@pytest.mark.parametrize(("spacing", "unit", "scale"), [(None, "px", 1), ((0.2, 0.2), "mm", 0.2)])
def test_diameters_along_the_vessels_are_inside(page, spacing, unit, scale):
    cine = result(masks=masks(), spacing=spacing, spacing_origin="geometry of the C-arm")
    data = page(cine).data
    assert data["unit"] == unit and data["spacing"] == (spacing and list(spacing)) and data["origin"].startswith("geom")
    for index, frame in enumerate(data["frames"]):
        (values,) = points(frame, data["steps"])
        assert np.allclose(values[:, 0], 24, atol=0.02) and np.allclose(values[:, 3], 9 * scale, atol=0.02)
        assert values[-1, 2] == pytest.approx((35 + 10 * index) * scale, abs=0.5)
        ((_, path),) = cine.vessel_paths[index]
        assert np.abs(values[-1, :2] - path.points[-1]).max() < 0.01


def test_boxes_know_their_lesions_and_the_page_begins_at_the_surest(page):
    data = page(result(**boxes())).data
    assert data["frames"][2]["boxes"] == [[11, 20, 31, 40, 0.9, 1], [50, 5, 60, 15, 0.4, 0]] and not data["masks"]
    assert (
        data["lesions"] == [{"first": 11, "last": 12, "best": 12, "score": pytest.approx(0.9)}] and data["first"] == 2
    )


def test_the_page_begins_where_most_is_seen(page):
    assert page(result(masks=masks())).data["first"] == 3 and page(result()).data["first"] == 0


def test_nothing_leads_out_of_the_page(page):
    viewer = page(result(masks=masks(), **boxes()))
    for tag, attributes in viewer.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form", "img", "a"), tag
        assert not {"src", "href", "action", "style"} & set(attributes), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")]
    outside = set(re.findall(r"(?:https?:)?//[\w.]+\.\w+[^\s\"']*", re.sub(r"base64,[\w+/=]+", "", viewer.source)))
    assert outside == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert "url(" not in "".join(viewer.texts["style"]) and "@import" not in "".join(viewer.texts["style"])


def test_the_policy_allows_its_own_script_and_style_only(page):
    viewer = page(result(masks=masks()))
    (policy,) = [meta["content"] for meta in viewer.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:" and "unsafe" not in policy
    for rule, text in (("style-src", viewer.texts["style"][0]), ("script-src", viewer.texts["script"][1])):
        assert rules[rule] == f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_names_never_become_markup(page):
    algorithm = Algorithm(name=HOSTILE, version=HOSTILE, weights=HOSTILE)
    plain = page(result(masks=masks(), class_names=["vessel"]))
    viewer = page(
        result(
            name=HOSTILE,
            masks=masks(),
            class_names=[HOSTILE],
            algorithm=algorithm,
            spacing=(1, 1),
            spacing_origin=HOSTILE,
        )
    )
    assert [tag for tag, _ in viewer.elements] == [tag for tag, _ in plain.elements]
    assert viewer.data["name"] == HOSTILE and viewer.data["classes"][0]["name"] == HOSTILE
    assert viewer.data["origin"] == viewer.data["weights"] == HOSTILE
    assert "".join(viewer.texts["title"]) == HOSTILE


def test_names_that_are_no_text_are_shown_somehow(page):
    assert page(result(name="broken\udcff")).data["frames"]


def test_classes_without_a_name_are_numbered(page):
    classes = page(result(masks=masks(classes=3), class_names=["a"])).data["classes"]
    assert [one["name"] for one in classes] == ["a", "class 2", "class 3"] and len(
        {tuple(one["color"]) for one in classes}
    ) == 3


def test_the_parts_are_there_as_files():
    folder = Path(__import__("monai_ext.results", fromlist=[""]).__file__).parent
    script = (folder / "viewer.js").read_text()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\(|fetch\(|XMLHttp", script
    )


def test_a_result_that_cannot_be_shown_leaves_nothing(tmp_path):
    cine = result(**boxes())
    cine.scores[1][0] = np.nan
    with pytest.raises(ValueError, match="JSON"):
        write_viewer(cine, tmp_path / "viewer.html")
    assert not list(tmp_path.iterdir())

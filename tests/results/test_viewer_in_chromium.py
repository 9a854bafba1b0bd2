# SPDX-License-Identifier: Apache-2.0
"""The viewer as a person uses it, in a real browser: keys, mouse, and what is seen on the screen."""

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from chromium_page import CHROMIUM, ChromiumPage

from monai_ext.ops import Lesion
from monai_ext.results import Algorithm, CineResult, write_viewer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="apt-get install chromium to run this test"),
]
FRAMES, SIZE = 12, 160
YELLOW, BLUE = (255, 205, 25), (72, 216, 255)
HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def cine(name: str = "left/7", count: int = FRAMES, boxes: bool = True, **more) -> CineResult:
    """A level vessel, 11 px wide with a narrow place, and an upright one; a lesion on frames 6 to 8; frames grow brighter."""
    frames = np.stack([np.full((SIZE, SIZE), 80 + 4 * index, np.uint8) for index in range(count)])
    masks = np.zeros_like(frames)
    masks[:, 40:51, 10:150] = masks[:, 70:150, 30:37] = 1
    masks[:, 40:43, 76:85] = masks[:, 48:51, 76:85] = 0
    found = [
        np.array([[70.0, 34, 92, 57]] if 6 <= index <= 8 else [], np.float32).reshape(-1, 4) for index in range(count)
    ]
    sure = [np.array([0.5 + index / 20] * len(one), np.float32) for index, one in enumerate(found)]
    seen = [index for index in range(count) if len(found[index])]
    lesions = (
        [Lesion(tuple(seen), torch.tensor(np.concatenate(found)), torch.tensor(np.concatenate(sure)))] if seen else []
    )
    boxed = {"boxes": found, "scores": sure, "lesions": lesions} if boxes else {}
    algorithm = Algorithm(name="vessels", version="1.2", weights="ab" * 32)
    base = {"class_names": ["vessel"], "masks": masks, "spacing": (0.3, 0.3), "spacing_origin": "geometry of the C-arm"}
    values = {**base, **boxed, "frame_time": 40.0, "numbers": range(count), **more}
    return CineResult(source=Path(f"{name}.dcm"), name=name, algorithm=algorithm, frames=frames, **values)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    page = ChromiumPage(tmp_path_factory.mktemp("profile"))
    yield page
    page.close()


@pytest.fixture
def opened(browser, tmp_path):
    def opened(result: CineResult, link: str = "", size: tuple[int, int] = (1000, 820)) -> ChromiumPage:
        write_viewer(result, tmp_path / "viewer.html")
        browser.open(tmp_path / "viewer.html", size, link)
        return browser

    yield opened
    assert browser.problems == []
    assert [url for url in browser.requests if not url.startswith(("data:", "file:"))] == []


def frame(page: ChromiumPage) -> int:
    return int(page.evaluate("document.documentElement.dataset.frame"))


def text(page: ChromiumPage, name: str) -> str:
    return page.evaluate(f"document.getElementById({name!r}).textContent")


def image(page: ChromiumPage) -> np.ndarray:
    """What is seen of the image on the screen."""
    left, top, width, height = (round(side) for side in page.box("#view"))
    return page.screenshot()[top : top + height, left : left + width]


def count(picture: np.ndarray, color: tuple[int, int, int]) -> int:
    return int((np.abs(picture.astype(int) - color).max(-1) < 60).sum())


def on_screen(page: ChromiumPage, row: float, column: float) -> tuple[float, float]:
    """Where a place of the image lies in the window while the whole image is shown."""
    left, top, width, height = page.box("#view")
    scale = min(width, height) / SIZE
    return left + (width - scale * SIZE) / 2 + column * scale, top + (height - scale * SIZE) / 2 + row * scale


def test_a_link_opens_a_frame_and_what_is_seen_is_right(opened):
    page = opened(cine(), "#frame=3")
    assert frame(page) == 3 and text(page, "counter") == "frame 3 of 0–11"
    picture = image(page)
    middle = picture[picture.shape[0] // 2, picture.shape[1] // 2]
    assert np.abs(middle.astype(int) - (80 + 4 * 3)).max() <= 3
    assert count(picture, YELLOW) > 800 and count(picture, BLUE) == 0
    assert text(page, "title") == "left/7" and text(page, "algorithm") == "vessels 1.2"
    assert "Research only, not a medical device" in page.evaluate("document.querySelector('header').textContent")


def test_the_overlay_goes_and_comes_with_its_opacity(opened):
    page = opened(cine(), "#frame=3")
    shown = image(page)
    page.key("o")
    bare = image(page)
    assert count(bare, YELLOW) == 0 and count(shown, YELLOW) > 800
    assert len(np.unique(bare[bare.shape[0] // 4 :, bare.shape[1] // 3 : -bare.shape[1] // 3], axis=0)) < 40
    page.press("#shown")
    assert count(image(page), YELLOW) == count(shown, YELLOW)
    page.evaluate(
        "document.getElementById('opacity').value = 0; document.getElementById('opacity').dispatchEvent(new Event('input'))"
    )
    assert count(image(page), YELLOW) == 0
    linked = opened(cine(), "#frame=3&overlay=off")
    assert count(image(linked), YELLOW) == 0 and not linked.evaluate("document.getElementById('shown').checked")


def test_masks_can_be_filled(opened):
    page = opened(cine(), "#frame=3")
    x, y = on_screen(page, 41.5, 30)
    before = page.screenshot()[round(y), round(x)].astype(int)
    page.press("input[value=fill] + span")
    after = page.screenshot()[round(y), round(x)].astype(int)
    assert np.ptp(before) < 12 and after[0] - after[2] > 40


def test_it_plays_and_pauses_and_goes_frame_by_frame(opened):
    page = opened(cine(), "#frame=0")
    page.key(" ")
    seen = set()
    deadline = time.monotonic() + 20
    while len(seen) < 5 and time.monotonic() < deadline:
        seen.add(frame(page))
    assert len(seen) >= 5 and page.evaluate("document.getElementById('play').getAttribute('aria-label')") == "pause"
    page.press("#play")
    paused = frame(page)
    time.sleep(0.3)
    assert frame(page) == paused
    page.key("Home")
    page.key("ArrowRight")
    assert frame(page) == 1
    page.key("End")
    assert frame(page) == FRAMES - 1 == page.evaluate("document.getElementById('scrub').valueAsNumber")
    page.press("[data-do=previous]")
    assert frame(page) == FRAMES - 2
    page.key(" ")
    page.wait(f"document.documentElement.dataset.frame != {FRAMES - 2}")
    left, top, width, height = page.box("#timeline")
    page.click(left + 8 + (width - 16) * 4 / (FRAMES - 1), top + height / 2)
    assert frame(page) == 4


def test_the_profile_is_drawn_with_units_and_points_at_the_image(opened):
    page = opened(cine(), "#frame=2")
    labels = page.evaluate("[...document.querySelectorAll('#chart text')].map(one => one.textContent)")
    assert "diameter (mm)" in labels and "along the vessel (mm)" in labels
    assert text(page, "spacing") == "Lengths in mm; spacing of pixels: geometry of the C-arm."
    assert text(page, "reading").startswith("42.0 mm long, mean 3.15 mm, narrowest 1.50 mm at 21")
    before = image(page)
    left, top, width, height = page.box("#chart")
    page.mouse("mouseMoved", left + width * 0.5, top + height / 2)
    assert page.evaluate("document.getElementById('dot').getAttribute('visibility')") == "visible"
    changed = np.argwhere((image(page) != before).any(-1))
    x, y = on_screen(page, 45.5, 80)
    box = page.box("#view")
    assert len(changed) > 50 and np.abs(changed.mean(0) - (y - box[1], x - box[0])).max() < 30
    assert " at " in text(page, "reading") and "long" not in text(page, "reading")


def test_a_click_on_a_vessel_shows_its_profile(opened):
    page = opened(cine(), "#frame=2")
    page.click(*on_screen(page, 110, 33.5))
    assert "vessel 2: 24.0 mm long" in page.evaluate("document.getElementById('vessel').selectedOptions[0].text")
    assert text(page, "reading").startswith("2.10 mm at ")
    page.mouse("mouseMoved", 5, 5)
    assert text(page, "reading").startswith("24.0 mm long, mean 2.10 mm")
    page.key("ArrowRight")
    assert text(page, "reading").startswith("24.0 mm long")  # stays with the vessel


def test_a_lesion_leads_to_its_best_frame(opened):
    page = opened(cine(), "#frame=1")
    assert "Lesion 1" in text(page, "lesions") and "frames 6–8, best at 8" in text(page, "lesions")
    assert not page.evaluate("document.getElementById('empty').hidden")
    page.press("#lesions button")
    assert frame(page) == 8 and page.evaluate("document.getElementById('empty').hidden")
    assert count(image(page), BLUE) > 150


def test_wheel_and_drag_zoom_and_move_and_nought_shows_all(opened):
    page = opened(cine(), "#frame=2")
    whole = image(page)
    x, y = on_screen(page, 45.5, 30)
    page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-900)
    page.wait("document.getElementById('corner').textContent.endsWith('%')")
    zoomed = image(page)
    assert not np.array_equal(zoomed, whole)
    page.mouse("mousePressed", x, y, "left")
    for step in range(1, 6):
        page.mouse("mouseMoved", x + 8 * step, y + 8 * step, "left")
    page.mouse("mouseReleased", x + 40, y + 40, "left")
    page.mouse("mouseMoved", 5, 5)
    assert not np.array_equal(image(page), zoomed)
    page.key("0")
    inside = slice(10, -10)  # keys make the focus visible
    assert np.abs(image(page).astype(int) - whole)[inside, inside].max() < 30


def test_the_right_button_changes_brightness_and_contrast(opened):
    page = opened(cine(), "#frame=2")
    x, y = on_screen(page, 130, 130)
    before = page.screenshot()[round(y), round(x)].astype(int)
    page.mouse("mousePressed", x, y, "right")
    for step in range(1, 6):
        page.mouse("mouseMoved", x, y - 15 * step, "right")
    page.mouse("mouseReleased", x, y - 75, "right")
    brighter = page.screenshot()[round(y), round(x)].astype(int)
    assert (brighter - before > 15).all()
    page.press("[data-do=resetWindow]")
    assert np.abs(page.screenshot()[round(y), round(x)].astype(int) - before).max() <= 1


def test_classes_can_be_hidden(opened):
    two = cine(class_names=["vessel", "catheter"], boxes=False)
    two.masks[:, 70:150, 30:37] = 2
    page = opened(two, "#frame=2")
    both = image(page)
    page.press("#classes li:nth-child(1) input")
    one = image(page)
    assert count(both, YELLOW) > 500 and count(one, YELLOW) == 0
    assert "catheter 1: 24.0 mm long" in page.evaluate("document.getElementById('vessel').selectedOptions[0].text")


def test_a_single_image_has_no_player(opened):
    page = opened(cine(count=1, numbers=[0], boxes=False, spacing=None, spacing_origin=""))
    assert page.evaluate("document.getElementById('player').hidden")
    page.key(" ")
    assert count(image(page), YELLOW) > 800
    assert "diameter (px)" in text(page, "chart") and "not known" in text(page, "spacing")


def test_it_fits_a_phone(opened):
    page = opened(cine(), "#frame=2", (390, 844))
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert count(page.screenshot(), YELLOW) > 400
    for part in ("#view", "#play", "#chart", "#lesions button", "#opacity"):
        left, _, width, _ = page.box(part)
        assert left >= 0 and left + width <= 390 and width > 30


def test_hostile_names_do_nothing(opened):
    page = opened(cine(name=HOSTILE, class_names=[HOSTILE], spacing_origin=HOSTILE))
    assert text(page, "title") == HOSTILE and HOSTILE in text(page, "spacing") and HOSTILE in text(page, "classes")
    assert page.evaluate("document.title") == HOSTILE and page.evaluate("document.querySelectorAll('img').length") == 0


def test_what_is_put_into_the_page_later_does_not_run(opened):
    page = opened(cine())
    page.evaluate("""(() => { const script = document.createElement("script"); script.textContent = "document.title = 'owned'";
        document.body.append(script); })()""")
    assert page.evaluate("document.title") == "left/7"
    assert len(page.problems) == 1 and "Content Security Policy" in page.problems.pop()

# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from monai_ext.phantom import PhantomSettings, contact_sheet, draw_angiogram, picture_card

SETTINGS = PhantomSettings(size=64, bits=12)
VOID = {"meta", "br", "wbr", "image", "use", "rect"}


class Checker(HTMLParser):
    """Fails for tags that do not match; gathers what would be loaded."""

    def __init__(self, page):
        super().__init__()
        self.open, self.seen, self.loaded = [], [], []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.loaded += [value for name, value in attributes if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def angiogram():
    return draw_angiogram(0, 1, SETTINGS)


def page(*angiograms, facts=None, again="vasomim phantom"):
    cards = [picture_card(item, index) for index, item in enumerate(angiograms)]
    return contact_sheet(cards, facts or {}, SETTINGS, count=9, again=again)


def test_page_needs_nothing_from_elsewhere(angiogram):
    checked = Checker(page(angiogram, angiogram))
    assert "script" not in checked.seen and "link" not in checked.seen
    assert all(value.startswith(("data:image/jpeg;base64,", "#")) for value in checked.loaded)
    assert checked.seen.count("figure") == 2 and checked.seen.count("image") == 2 and checked.seen.count("use") == 2


def test_every_setting_is_told_with_value_and_meaning(angiogram):
    text = page(angiogram).replace("<wbr>", "")
    assert text.count("<tr") == len(SETTINGS.to_dict())
    for name in SETTINGS.to_dict():
        assert f"<th>{name}</th>" in text
    assert "<b>12</b><small>bits stored in a pixel, 8 to 16; 8 unless told</small>" in text


def test_caption_tells_view_artery_segments_and_stenoses(angiogram):
    left = replace(angiogram, primary_angle=-30.4, secondary_angle=25, side="left", dominance="right", stenoses=())
    card = picture_card(left, 7)
    assert "<b>7</b>" in card and "RAO 30° CRA 25°" in card and "left artery, right dominant" in card
    assert "stenoses none" in card and card.count("<path") == card.count('<span class="chip') > 0


def test_what_is_told_is_escaped(angiogram):
    text = page(replace(angiogram, side="<i>", dominance="&"), facts={"<b1>": "<b2>"}, again="<b3>")
    assert not any(tag in text for tag in ("<i>", "<b1>", "<b2>", "<b3>")) and "&lt;b2&gt;" in text

# SPDX-License-Identifier: Apache-2.0
import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from monai_ext.data.curation.curation_report import curation_report
from monai_ext.data.curation.sheet import Card, Sheet

MEANINGS = {"kept": "In the corpus.", "flat": "One value.", "no contrast": "No vessel.", "near-duplicate": "Twice."}
COUNTS = {
    "arcade": {"kept": 2500, "near-duplicate": 500},
    "clinic": {"kept": 7000, "no contrast": 1000, "near-duplicate": 1999},
    "disk": {"kept": 0, "no contrast": 1},
}
VOID = {"meta", "br", "wbr", "img", "path", "input"}


class Checker(HTMLParser):
    """Fails for tags that do not match; gathers what would be loaded, where links go, and the words of each tag."""

    def __init__(self, page):
        super().__init__()
        self.open, self.seen, self.loaded, self.links, self.names, self.words, self.alternatives = [
            [] for _ in range(7)
        ]
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.seen.append(tag)
        self.loaded += [attributes[name] for name in ("src", "srcset", "data", "poster") if name in attributes]
        self.links += [attributes[name] for name in ("href", "xlink:href") if name in attributes]
        self.names += [attributes["id"]] if "id" in attributes else []
        self.alternatives += [attributes.get("alt")] if tag == "img" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def ramp(height=96, width=128):
    return np.add.outer(np.arange(height), np.arange(width)).astype(np.uint8)


def vessel(height=96, width=128):
    mask = np.zeros((height, width), bool)
    mask[height // 4 : height // 2, width // 4 : 3 * width // 4] = True
    return mask


def report(counts=COUNTS, meanings=MEANINGS, facts=None, sheets=(), notes=()):
    return curation_report(counts, meanings, facts or {}, sheets, notes=notes)


def row(page, source):
    """Numbers and percentages in a row of the table."""
    inner = re.search(rf'<th scope="row">{source}</th>(.*?)</tr>', page)[1]
    return [cell.replace("&lt;\u00a0", "<") for cell in re.findall(r">([^<>]+)<", inner)]


def test_counts_shares_and_totals_appear():
    page = report()
    assert row(page, "arcade") == ["2,500", "83.3\u00a0%", "0", "500", "16.7\u00a0%", "3,000"]
    assert row(page, "disk") == ["0", "1", "100\u00a0%", "0", "1"]
    assert row(page, "all sources") == ["9,500", "73.1\u00a0%", "1,001", "7.7\u00a0%", "2,499", "19.2\u00a0%", "13,000"]
    assert "3\u00a0sources with 13,000\u00a0frames; 9,500 of them (73.1\u00a0%) make the corpus." in page


def test_bar_is_as_long_as_the_counts_and_told_in_words():
    page = report()
    assert 'aria-label="arcade: kept 83.3\u00a0%, near-duplicate 16.7\u00a0%"' in page
    assert 'style="flex: 2500 0 0"' in page and 'style="flex: 500 0 0"' in page


def test_verdict_without_frames_is_left_out_and_colours_stay():
    page = report()
    assert "flat" not in page and "One value." not in page
    assert '<th scope="col" class="v2">no contrast</th>' in page


def test_small_and_nearly_full_shares_are_not_rounded_to_nothing_or_all():
    cells = row(report({"a": {"kept": 99_999, "flat": 1}}), "a")
    assert cells == ["99,999", "&gt;\u00a099.9\u00a0%", "1", "<0.1\u00a0%", "100,000"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567, "1,234,567"), (np.int64(1000), "1,000"), (0.123456, "0.1235"), (12345.6, "12,346"), (True, "yes"), (None, "–"),
        ({"size": 1024, "text": "flag"}, "size\u00a01,024, text\u00a0flag"), ([1, 2], "1, 2"), ("33 GB", "33 GB"),
    ],
)  # fmt: skip
def test_facts_are_written_for_people(value, shown):
    assert f"<dd>{shown}</dd>" in report(facts={"name": value})


def test_page_is_balanced_and_needs_nothing_from_elsewhere():
    cards = (Card(ramp(), "a", vessels=vessel()), Card(ramp(), "b", ramp(), "c"))
    page = report(sheets=[Sheet("kept", "text", cards, 2), Sheet("odd", "", cards, 9)], notes=["note"], facts={"a": 1})
    checked = Checker(page)
    assert "script" not in checked.seen and "link" not in checked.seen and "http" not in page and "url(" not in page
    assert len(checked.loaded) == 6 and all(item.startswith("data:image/jpeg;base64,") for item in checked.loaded)
    assert checked.links == ["#sheet-1", "#sheet-2"] and len(set(checked.names)) == len(checked.names)
    assert set(checked.links) <= {f"#{name}" for name in checked.names}
    assert page.count('loading="lazy"') == 6 and checked.alternatives == ["a", "b", "c"] * 2


def test_same_input_same_page(global_rng_untouched):
    pages = {report(sheets=[Sheet("kept", "", (Card(ramp(), "a", vessels=vessel()),), 1)]) for _ in range(2)}
    assert len(pages) == 1


def test_all_text_is_escaped_and_can_be_written():
    card = Card(ramp(), '<i1>"', ramp(), "<i2>")
    page = curation_report(
        {"<i3>\udcff": {"<i4>": 1}},
        {"<i4>": "<i5>"},
        {"<i6>": "<i7>"},
        [Sheet("<i8>", "<i9>", (card,), 1)],
        notes=["<i0>"],
    )
    assert "<i" not in re.sub(r"<(img|i>\d|input)", "", page) and all(
        f"&lt;i{number}&gt;" in page for number in range(10)
    )
    assert Checker(page).alternatives == ['<i1>"', "<i2>"] and page.encode("utf-8")


@pytest.mark.parametrize(
    ("shape", "size"), [((512, 512), (160, 160)), ((300, 600), (160, 80)), ((40, 30), (30, 40)), ((1, 400), (160, 1))]
)
def test_pictures_are_reduced_never_enlarged(shape, size):
    page = report(sheets=[Sheet("kept", "", (Card(ramp(*shape), "a"),), 1)])
    picture = Image.open(io.BytesIO(base64.b64decode(Checker(page).loaded[0].split(",")[1])))
    assert picture.size == size and picture.mode == "L" and picture.format == "JPEG"


def test_outline_runs_around_the_vessel():
    """By hand: rows 24..47, columns 32..95; a step is half a pixel, and the map is not reduced."""
    page = report(sheets=[Sheet("kept", "", (Card(ramp(), "a", vessels=vessel()),), 1)])
    assert '<svg viewBox="0 0 256 192" aria-hidden="true">' in page
    start, steps = re.search(r'd="M(.*?) l(.*?)z"', page).groups()
    points = np.cumsum(np.fromstring(f"{start} {steps}", sep=" ").reshape(-1, 2), axis=0) / 2
    assert points.min(axis=0).tolist() == [32, 24] and points.max(axis=0).tolist() == [96, 48]


def test_empty_vessel_map_is_drawn_as_nothing():
    assert '<path d=""/>' in report(
        sheets=[Sheet("kept", "", (Card(ramp(), "a", vessels=np.zeros((96, 128), bool)),), 1)]
    )


def test_twins_stand_side_by_side():
    page = report(sheets=[Sheet("near-duplicate", "", (Card(ramp(), "dropped", ramp() // 2, "kept twin"),), 1310)])
    figure = re.search(r"<figure>.*?</figure>", page)[0]
    assert figure.count("<img") == 2 and '<div class="sheet twins">' in page
    assert "<figcaption><span>dropped</span><span>kept twin</span></figcaption>" in figure
    assert "1 of 1,310 shown" in page


@pytest.mark.parametrize(
    ("title", "colour"), [("kept", "v0"), ("Near-duplicate", "v3"), ("Kept: arcade", "v0"), ("odd", "")]
)
def test_sheet_of_a_verdict_has_its_colour(title, colour):
    heading = re.search(r'<section id="sheet-1"><h2>(.*?)</h2>', report(sheets=[Sheet(title, "", (), 1)]))[1]
    assert re.findall(r'class="swatch (\w+)"', heading) == [colour] * bool(colour)


def test_outlines_can_be_switched_off_only_where_there_are_some():
    plain, mapped = Card(ramp(), "a"), Card(ramp(), "b", vessels=vessel())
    page = report(sheets=[Sheet("flat", "", (plain,), 1), Sheet("kept", "", (mapped,), 1)])
    assert page.count('type="checkbox"') == 1 and 'id="maps-2"' in page


def test_sheets_without_frames_are_left_out_and_without_pictures_say_so():
    page = report(sheets=[Sheet("gone", "", (), 0), Sheet("unreadable", "See the table.", (), 1200)])
    assert "Gone" not in page and "1,200\u00a0frames, no picture" in page and "<nav" not in page


@pytest.mark.parametrize("counts", [{}, {"a": {}}, {"a": {"kept": 0}}, {"a": {"kept": 3}}])
def test_page_of_little_is_whole(counts):
    checked = Checker(report(counts))
    assert "0 sources" not in checked.words and "tfoot" not in checked.seen and "kept" in checked.words


def test_options_in_sentences_look_like_options():
    assert "use <code>--min-side</code>, not a -- b" in report(notes=["use --min-side, not a -- b"])


def test_white_is_readable_on_every_colour():
    colours = re.findall(r"^\.v\d+ \{ --colour: #(\w{6}); \}", report(), re.MULTILINE)
    assert len(colours) == 10
    for colour in colours:
        share = np.array([int(colour[start : start + 2], 16) / 255 for start in (0, 2, 4)])
        linear = np.where(
            share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4
        )  # WCAG 2.1, relative luminance
        assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4.5, colour


def test_two_hundred_pairs_stay_below_five_megabytes():
    noise = np.random.default_rng(0).integers(0, 256, (32, 32), np.uint8)
    picture = np.asarray(Image.fromarray(noise).resize((160, 160), Image.Resampling.BICUBIC))
    page = report(sheets=[Sheet("kept", "", (Card(picture, "a", picture, "b", picture > 128),) * 5, 5)])
    assert (len(page) - len(report())) * 40 < 5e6  # noise needs more than any angiogram


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"picture": np.zeros((4, 4))}, r"picture must be a uint8 array \(height, width\), got float64 \(4, 4\)"),
        ({"picture": np.zeros((1, 4, 4), np.uint8)}, r"got uint8 \(1, 4, 4\)"),
        ({"picture": np.zeros((0, 4), np.uint8)}, r"got uint8 \(0, 4\)"),
        ({"picture": "a.png"}, "picture must be a uint8 array .* got str"),
        ({"twin": np.zeros(4, np.uint8)}, r"twin must be a uint8 array \(height, width\), got uint8 \(4,\)"),
        ({"vessels": ramp()}, "vessels must be a bool array .* got uint8"),
        ({"vessels": vessel(8, 8)}, r"vessels must be as large as the picture, got \(8, 8\) and \(96, 128\)"),
    ],
)
def test_bad_card_is_told(change, message):
    with pytest.raises(ValueError, match=message):
        Card(**{"picture": ramp(), "caption": "a", **change})


def test_bad_counts_are_told():
    with pytest.raises(ValueError, match="total must be at least the number of cards, got 0 and 1"):
        Sheet("kept", "", (Card(ramp(), "a"),), 0)
    with pytest.raises(ValueError, match="every verdict needs a meaning; 'lost' of 'a' has none"):
        report({"a": {"lost": 1}})
    with pytest.raises(ValueError, match="counts must not be negative, got -1 for 'flat' of 'a'"):
        report({"a": {"flat": -1}})
    with pytest.raises(ValueError, match="meanings must tell of a verdict at least"):
        report({}, {})
